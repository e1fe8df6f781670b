/**
 * Operations that combine all items into one value.
 *
 * @module
 */

import { refusePromise } from "../jobs/promises.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { orNaN } from "./arithmetic.ts";
import type { Operation } from "./operation.ts";
import type { Pipeline } from "./pipeline.ts";
import { type LeafCode, memoize } from "./shape.ts";

const REDUCE = "Cannot reduce items";
const FOLD = "Cannot fold items";

/** The smallest or the largest item; undefined if there are none. */
export function extreme(
  pipeline: Pipeline,
  operator: "<" | ">",
): Operation<number | bigint | undefined> {
  return {
    plan: pipeline.plan(EXTREME[operator]),
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

const EXTREME = { "<": extremeCode("<"), ">": extremeCode(">") };

function extremeCode(operator: "<" | ">"): LeafCode {
  return {
    before: "let isEmpty = true, result = 0;",
    each(code, item) {
      const x = code.name(orNaN(item));
      // Only NaN differs from itself; once it is the result, nothing replaces it.
      code.line(
        `if (isEmpty || ${x} ${operator} result || ${x} !== ${x}) { isEmpty = false; result = ${x}; }`,
      );
    },
    after: "return isEmpty ? undefined : result;",
  };
}

/** The number of items. */
export function count(pipeline: Pipeline): Operation<number> {
  return {
    plan: pipeline.plan(COUNT),
    finish: (values) =>
      values.reduce<number>((sum, n) => sum + (n as number), 0),
  };
}

const COUNT: LeafCode = {
  before: "let n = 0;",
  each: (code) => code.line("n++;"),
  after: "return n;",
};

/** Combines all items by an associative function. */
export function reduce<T>(
  pipeline: Pipeline,
  identity: T,
  fn: AnyFunction,
  extras: readonly unknown[],
): Operation<T> {
  const copies = typeof identity === "object" && identity !== null;
  const leaf = (copies ? reduceToObject : reduceToValue)(extras.length);
  return {
    plan: pipeline.plan(
      leaf,
      { functions: [fn], data: [identity, ...extras] },
      null,
    ),
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

const reduceToValue = reduceCode((identity) => identity);
// The function may change what it is given.
const reduceToObject = reduceCode((identity) => `structuredClone(${identity})`);

function reduceCode(
  start: (identity: string) => string,
): (extras: number) => LeafCode {
  return memoize((extras) => ({
    before: "let n = 0, result;",
    each(code, item) {
      code.line(`if (n++ === 0) result = ${start(code.datum())};`);
      code.line(`result = ${code.call(extras, "result", item)};`);
      code.refusePromise(REDUCE, "result");
    },
    after: "return result;",
  }));
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
    plan: pipeline.plan(
      foldCode(extras.length),
      { functions: [initial, step], data: extras },
      null,
    ),
    combine,
    finish: (values, combine) =>
      combineTree(values, checked(FOLD, combine)) as A | undefined,
  };
}

const foldCode = memoize((extras: number): LeafCode => ({
  before: "let n = 0, result;",
  each(code, item) {
    code.line("if (n++ === 0) {");
    code.line(`result = ${code.call(0)};`);
    code.refusePromise(FOLD, "result");
    code.line("}");
    code.line(`result = ${code.call(extras, "result", item)};`);
    code.refusePromise(FOLD, "result");
  },
  after: "return result;",
}));

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
