/**
 * Operations that combine all items into one value.
 *
 * @module
 */

import { refusePromise } from "../jobs/promises.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { holdsBigInts } from "../numeric_array.ts";
import type { Operation } from "./operation.ts";
import type { LeafCode, Pipeline } from "./pipeline.ts";

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
    plan: pipeline.plan(
      holdsBigInts(pipeline.items.type)
        ? arithmeticOfAny(operator)
        : arithmeticOfNumbers(operator),
    ),
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

/** For items of any type. */
function arithmeticOfAny(operator: "+" | "*"): LeafCode {
  return {
    before: "let isEmpty = true, result = 0;",
    each(code, item) {
      code.line(`if (isEmpty) { isEmpty = false; result = ${item}; }`);
      code.line(`else result ${operator}= ${item};`);
    },
    after: "return isEmpty ? undefined : result;",
  };
}

/**
 * The same, faster for numbers. They begin with the number that changes none of them, because a
 * test for the first item in each round makes V8's code up to twice as slow.
 */
function arithmeticOfNumbers(operator: "+" | "*"): LeafCode {
  // 0 would make a sum of -0 a 0.
  const neutral = operator === "+" ? "-0" : "1";
  return {
    before: `let result = ${neutral}, other;`,
    each(code, item) {
      code.line(
        `if (typeof ${item} === "number" && other === undefined) result ${operator}= ${item};`,
      );
      // From the first item that is none on, in the order of the items.
      code.line(
        `else other = other !== undefined ? other ${operator} ${item}
  : Object.is(result, ${neutral}) ? ${item} : result ${operator} ${item};`,
      );
    },
    // Without items, or if they change nothing: the neutral number, which may meet bigints.
    after: `return other !== undefined ? other
  : Object.is(result, ${neutral}) ? undefined : result;`,
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
  const level: unknown[] = values.filter((value) => value !== undefined);
  let count = level.length;
  while (count > 1) {
    const pairs = count >> 1;
    for (let i = 0; i < pairs; i++) {
      level[i] = combine(level[2 * i], level[2 * i + 1]);
    }
    if (count % 2 === 1) level[pairs] = level[count - 1];
    count = pairs + count % 2;
  }
  return level[0];
}
