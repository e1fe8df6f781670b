/**
 * Operations that combine all items into one value.
 *
 * @module
 */

import { refusePromise } from "../jobs/promises.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { holdsBigInts } from "../numeric_array.ts";
import type { Operation } from "./operation.ts";
import type { Pipeline } from "./pipeline.ts";

const REDUCE = "Cannot reduce items";
const FOLD = "Cannot fold items";

/** The sum, or the product, of all items. */
export function arithmetic(
  pipeline: Pipeline,
  operator: "+" | "*",
): Operation<number | bigint> {
  const neutral = operator === "+" ? 0 : 1;
  const combine: AnyFunction = operator === "+"
    ? (a, b) => a + b
    : (a, b) => a * b;
  return {
    plan: pipeline.plan({
      before: "let isEmpty = true, result = 0;",
      each(code, item) {
        code.line(`if (isEmpty) { isEmpty = false; result = ${item}; }`);
        code.line(`else result ${operator}= ${item};`);
      },
      after: "return isEmpty ? undefined : result;",
    }),
    finish(values) {
      const result = combineTree(values, combine) as number | bigint;
      if (result === undefined) {
        return holdsBigInts(pipeline.items.type) ? BigInt(neutral) : neutral;
      }
      // A sequential sum starts with 0, so it is never -0.
      return typeof result === "number" && operator === "+"
        ? 0 + result
        : result;
    },
  };
}

/** The smallest or the largest item; undefined if there are none. */
export function extreme(
  pipeline: Pipeline,
  operator: "<" | ">",
): Operation<number | bigint | undefined> {
  return {
    plan: pipeline.plan({
      before: "let isEmpty = true, result = 0;",
      // Only NaN differs from itself; once it is the result, nothing replaces it.
      each: (code, item) =>
        code.line(
          `if (isEmpty || ${item} ${operator} result || ${item} !== ${item}) { isEmpty = false; result = ${item}; }`,
        ),
      after: "return isEmpty ? undefined : result;",
    }),
    finish(values) {
      const isBetter: AnyFunction = operator === "<"
        ? (a, b) => a < b
        : (a, b) => a > b;
      return combineTree(
        values,
        (a, b) => isBetter(b, a) || b !== b ? b : a,
      ) as number | bigint | undefined;
    },
  };
}

/** The number of items. */
export function count(pipeline: Pipeline): Operation<number> {
  return {
    plan: pipeline.plan({
      before: "let n = 0;",
      each: (code) => code.line("n++;"),
      after: "return n;",
    }),
    finish: (values) =>
      values.reduce<number>((sum, n) => sum + (n as number), 0),
  };
}

/** Combines all items by an associative function. */
export function reduce<T>(
  pipeline: Pipeline,
  identity: T,
  fn: AnyFunction,
  extras: readonly unknown[],
): Operation<T> {
  const copies = typeof identity === "object" && identity !== null;
  return {
    plan: pipeline.plan({
      each(code, item) {
        const name = code.datum(identity);
        const start = copies ? `structuredClone(${name})` : name;
        code.line(`if (n++ === 0) result = ${start};`);
        code.line(`result = ${code.call(fn, extras, "result", item)};`);
        code.refusePromise(REDUCE, "result");
      },
      before: "let n = 0, result;",
      after: "return result;",
    }),
    combine: fn,
    finish(values, combine) {
      if (values.length === 0) return identity;
      const result = combineTree(
        values,
        checked(REDUCE, (a, b) => combine(a, b, ...extras)),
      );
      return (result === undefined ? identity : result) as T;
    },
  };
}

/** Accumulates each leaf by itself, then combines the accumulators. */
export function fold<A>(
  pipeline: Pipeline,
  initial: () => A,
  step: AnyFunction,
  combine: AnyFunction,
  extras: readonly unknown[],
): Operation<A | undefined> {
  return {
    plan: pipeline.plan({
      before: "let n = 0, result;",
      each(code, item) {
        code.line("if (n++ === 0) {");
        code.line(`result = ${code.call(initial, [])};`);
        code.refusePromise(FOLD, "result");
        code.line("}");
        code.line(`result = ${code.call(step, extras, "result", item)};`);
        code.refusePromise(FOLD, "result");
      },
      after: "return result;",
    }),
    combine,
    finish: (values, combine) =>
      combineTree(values, checked(FOLD, combine)) as A | undefined,
  };
}

/** A function of the user that must be synchronous. */
function checked(action: string, combine: AnyFunction): AnyFunction {
  return (a, b) => {
    const result = combine(a, b);
    refusePromise(result, action);
    return result;
  };
}

/**
 * Combines pairs of neighbours until one value is left. The order depends only on the
 * number of leaves. Undefined if there are no values.
 */
function combineTree(
  values: readonly unknown[],
  combine: AnyFunction,
): unknown {
  let level: unknown[] = values.filter((value) => value !== undefined);
  while (level.length > 1) {
    const next: unknown[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) {
      next.push(combine(level[i], level[i + 1]));
    }
    if (level.length % 2 === 1) next.push(level.at(-1));
    level = next;
  }
  return level[0];
}
