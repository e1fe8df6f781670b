/**
 * Sorts an array in place.
 *
 * @module
 */

import { currentRuntime } from "../current.ts";
import type { LoopPlan } from "../jobs/loop.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { Code } from "./code.ts";
import { allocate, classOf, type NumericArray } from "../numeric_array.ts";
import { arrayInPlace, type Pipeline } from "./pipeline.ts";

/** Shorter arrays are sorted by one thread. */
const SHORT_LENGTH = 2_048;
/** Segments of the output, each merged independently of the others. */
const SEGMENTS = 128;

/** How two items compare: as numbers, by a function, or by their keys. */
export interface Order {
  /** Compares two items, or returns the key of one. */
  readonly fn: AnyFunction | undefined;
  /** Extra arguments of the function. */
  readonly extras: readonly unknown[];
  /** Whether the function returns keys. */
  readonly byKey: boolean;
}

/** Loops to run one after another, and a last step. */
export interface Sorting {
  /** The loops. */
  readonly plans: readonly LoopPlan[];
  /** Copies the result back if the loops sorted a copy. */
  finish(): void;
}

/**
 * A parallel merge sort.
 *
 * 1. Sort blocks of the array.
 * 2. Merge pairs of blocks until one is left. A round merges into the other of two arrays,
 *    so the number of rounds is even and the result ends in the first one.
 *
 * A round splits its output into segments that are merged independently: for each one, a
 * binary search finds where its items start in both blocks.
 */
export function sorting(pipeline: Pipeline, order: Order): Sorting {
  const { array, copyBack: finish } = arrayInPlace(
    pipeline,
    "Cannot sort",
    "sort",
  );
  const { length } = array;
  if (length < SHORT_LENGTH) {
    return { plans: length === 0 ? [] : [sortBlocks(array, 1, order)], finish };
  }
  const count = blockCount(currentRuntime().computeThreads + 1);
  const plans = [sortBlocks(array, count, order)];
  const other = allocate(classOf(array), length) as NumericArray;
  let [from, to] = [array, other];
  for (let blocks = count; blocks > 1; blocks /= 2) {
    plans.push(mergePairs(from, to, blocks, order));
    [from, to] = [to, from];
  }
  return { plans, finish };
}

/** At least one block per thread, and a power of 4, so that the number of rounds is even. */
function blockCount(threads: number): number {
  let count = 4;
  while (count < threads && count < SEGMENTS / 2) count *= 4;
  return count;
}

function sortBlocks(
  array: NumericArray,
  blocks: number,
  order: Order,
): LoopPlan {
  const code = new Code();
  const [data, count] = code.data(2);
  writeOrder(code, order, array);
  code.open("for (let i = from; i < to; i++) {");
  code.line(`const a = Math.floor(i * ${data}.length / ${count});`);
  code.line(`const b = Math.floor((i + 1) * ${data}.length / ${count});`);
  const compare = order.fn === undefined
    ? ""
    : "(l, r) => isAfter(l, r) ? 1 : isAfter(r, l) ? -1 : 0";
  code.line(`${data}.subarray(a, b).sort(${compare});`);
  code.closeAll();
  return planOf(code, order, [array, blocks], blocks);
}

function mergePairs(
  source: NumericArray,
  target: NumericArray,
  blocks: number,
  order: Order,
): LoopPlan {
  const code = new Code();
  const [s, t, count, each] = code.data(4);
  writeOrder(code, order, source);
  // fromLeft: how many of the first k items of the merged pair come from its left block.
  code.line(`const fromLeft = (k, a, m, b) => {
  let low = Math.max(0, k - (b - m)), high = Math.min(k, m - a);
  while (low < high) {
    const i = (low + high) >> 1, j = k - i;
    if (j > 0 && !isAfter(${s}[a + i], ${s}[m + j - 1])) low = i + 1;
    else high = i;
  }
  return low;
};`);
  code.open("for (let i = from; i < to; i++) {");
  code.line(`const edge = (block) => Math.floor(block * ${s}.length / ${count});
const pair = Math.floor(i / ${each}), part = i % ${each};
const a = edge(2 * pair), m = edge(2 * pair + 1), b = edge(2 * pair + 2);
const first = Math.floor(part * (b - a) / ${each});
const last = Math.floor((part + 1) * (b - a) / ${each});
let l = a + fromLeft(first, a, m, b), r = m + first - (l - a);
for (let k = a + first; k < a + last; k++) {
  if (r >= b || (l < m && !isAfter(${s}[l], ${s}[r]))) ${t}[k] = ${s}[l++];
  else ${t}[k] = ${s}[r++];
}`);
  code.closeAll();
  const data = [source, target, blocks, SEGMENTS / (blocks / 2)];
  return planOf(code, order, data, SEGMENTS);
}

function planOf(
  code: Code,
  { fn, extras }: Order,
  data: readonly unknown[],
  length: number,
): LoopPlan {
  const loop = code.loop();
  return {
    code: loop,
    whole: loop,
    functions: fn === undefined ? [] : [fn],
    data: [...data, ...extras],
    length,
  };
}

/** Emits isAfter(l, r): whether l, from the left block, belongs after r. */
function writeOrder(code: Code, order: Order, array: NumericArray): void {
  const { fn, extras, byKey } = order;
  if (fn === undefined) {
    // Like TypedArray.prototype.sort(): NaN last, -0 before 0.
    const floats = /^Float/.test(array.constructor.name)
      ? " || (l !== l && r === r) || (l === 0 && r === 0 && 1 / r < 1 / l)"
      : "";
    code.line(`const isAfter = (l, r) => r < l${floats};`);
  } else if (byKey) {
    code.line(`const keyOf = (item) => {
const key = ${code.call(extras.length, "item")};`);
    code.refusePromise("Cannot sort", "key");
    code.line("return key;\n};");
    code.line("const isAfter = (l, r) => keyOf(r) < keyOf(l);");
  } else {
    code.line("const isAfter = (l, r) => {");
    code.line(`const order = ${code.call(extras.length, "l", "r")};`);
    code.refusePromise("Cannot sort", "order");
    code.line("return order > 0;\n};");
  }
}
