/**
 * Operations that classify items: partition and histogram.
 *
 * @module
 */

import type { AnyFunction } from "../tasks/function.ts";
import { compact } from "./collect.ts";
import { allocate, type NumericArray } from "../numeric_array.ts";
import type { Operation } from "./operation.ts";
import type { Pipeline } from "./pipeline.ts";
import { type LeafCode, memoize } from "./shape.ts";

/** The items for which `fn` returns true, and the others. */
export function partition(
  pipeline: Pipeline,
  fn: AnyFunction,
  extras: readonly unknown[],
): Operation<[NumericArray, NumericArray]> {
  const { shape, type, length } = pipeline;
  if (shape.expands) {
    throw new TypeError(
      "Cannot partition items: a flatMap() before it leaves their number unknown; collect() first",
    );
  }
  const sides = [0, 1].map(() =>
    allocate(type, length) as NumericArray<SharedArrayBuffer>
  );
  return {
    plan: pipeline.plan(partitionCode(extras.length), {
      functions: [fn],
      data: [...sides, ...extras],
    }),
    finish(values) {
      const counts = values as [number, number][];
      const [yes, no] = sides.map((side, i) =>
        compact(side, type, counts.map((count) => count[i]))
      );
      return [yes, no];
    },
  };
}

const partitionCode = memoize((extras: number): LeafCode => ({
  before: "let yes = from, no = from;",
  each(code, item) {
    const [a, b] = code.data(2);
    const test = code.result("Cannot partition items", extras, item);
    code.line(`if (${test}) ${a}[yes++] = ${item};`);
    code.line(`else ${b}[no++] = ${item};`);
  },
  after: "return [yes - from, no - from];",
}));

/** Counts the items in each of `bins` ranges of equal width from `min` to `max`. */
export function histogram(
  pipeline: Pipeline,
  bins: number,
  min: number,
  max: number,
): Operation<Float64Array<SharedArrayBuffer>> {
  if (!Number.isSafeInteger(bins) || bins < 1 || !(min < max)) {
    throw new RangeError(
      `Cannot make histogram: bins must be a positive integer and min below max, got ` +
        `${bins} bins from ${min} to ${max}`,
    );
  }
  const result = allocate<Float64Array>(Float64Array, bins);
  return {
    plan: pipeline.plan(HISTOGRAM, { data: [min, max, bins] }),
    finish(values) {
      for (const counts of values as (Float64Array | undefined)[]) {
        counts?.forEach((count, bin) => result[bin] += count);
      }
      return result;
    },
  };
}

const HISTOGRAM: LeafCode = {
  before: "let counts;",
  each(code, item) {
    const [low, high, count] = code.data(3);
    code.line(`counts ??= new Float64Array(${count});`);
    code.line(`const x = Number(${item});`);
    code.line(
      `if (x >= ${low} && x <= ${high}) counts[Math.min(${count} - 1,
  Math.floor((x - ${low}) / (${high} - ${low}) * ${count}))]++;`,
    );
  },
  after: "return counts;",
};
