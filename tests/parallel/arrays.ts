/**
 * Arrays of every numeric class, for comparisons with plain Array methods.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import type { NumericArray } from "../../mod.ts";
import { sized } from "../support/stress.ts";

/** Every class of typed array. */
export const CLASSES = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

/**
 * Lengths at which behaviour changes: none, one, the number of a job's leaves, where leaves
 * get a second and a third item, and where sorting starts to merge blocks.
 */
export const EDGES = [
  ...[0, 1, 2, 3],
  ...[255, 256, 257],
  ...[511, 512, 513],
  ...[2_047, 2_048, 2_049],
];

/** Bounds of what counts as large; `slow` for operations that take long. */
export const LARGE = sized(
  { least: 20_000, slow: 25_000, most: 40_000 },
  { least: 100_000, slow: 150_000, most: 1_000_000 },
);

/** An item, in a type that fits numbers and bigints alike. */
// deno-lint-ignore no-explicit-any -- number or bigint, by the array's class
export type Item = any;

/** The numbers that {@linkcode arrayOf} repeats. */
const pattern = fc.array(fc.integer({ min: -50, max: 50 }), {
  minLength: 1,
  maxLength: 40,
});

/** Arrays of any class, of a length in {@linkcode EDGES} or any other. */
export const anyArray: fc.Arbitrary<NumericArray> = fc.tuple(
  fc.constantFrom(...CLASSES),
  fc.oneof(fc.constantFrom(...EDGES), fc.nat(5_000)),
  pattern,
).map(([type, length, pattern]) => arrayOf(type, length, pattern));

/** Arrays of any class with many items. */
export function largeArray(most: number): fc.Arbitrary<NumericArray> {
  return fc.tuple(
    fc.constantFrom(...CLASSES),
    fc.integer({ min: LARGE.least, max: most }),
    pattern,
  ).map(([type, length, pattern]) => arrayOf(type, length, pattern));
}

/** An array of small integers, whose sums are exact in any order. */
export function arrayOf(
  type: (typeof CLASSES)[number],
  length: number,
  pattern: readonly number[],
): NumericArray {
  const array = new type(length) as Item;
  const isBig = type.name.startsWith("Big");
  for (let i = 0; i < length; i++) {
    // Not just a repetition, which would hide an operation that mixes up its leaves.
    const n = pattern[i % pattern.length] + i % 7;
    array[i] = isBig ? BigInt(n) : n;
  }
  return array;
}

/** `n` as an item of the array. */
export function itemOf(array: NumericArray, n: number): Item {
  return array.constructor.name.startsWith("Big") ? BigInt(n) : n;
}

/** The items as an ordinary array. */
export function plain(array: NumericArray): Item[] {
  return Array.from(array as Iterable<Item>);
}

/** Like `deepEqual`, which takes seconds for a million items. */
export function assertSame(actual: unknown, expected: unknown): void {
  if (ArrayBuffer.isView(actual) && ArrayBuffer.isView(expected)) {
    assert.equal(actual.constructor, expected.constructor);
    assert.ok(
      bytesOf(actual).equals(bytesOf(expected)),
      "the numbers of two typed arrays differ",
    );
  } else if (Array.isArray(actual) && Array.isArray(expected)) {
    assert.equal(actual.length, expected.length);
    actual.forEach((item, i) => {
      if (!Object.is(item, expected[i])) assertSame(item, expected[i]);
    });
  } else assert.deepEqual(actual, expected);
}

function bytesOf(view: ArrayBufferView): Buffer {
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength);
}
