/**
 * Arrays of every numeric class, for comparisons with plain Array methods.
 *
 * @module
 */

import fc from "fast-check";
import type { NumericArray } from "../../mod.ts";

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

/** 0, 1, the numbers around that of a job's leaves, and more items than leaves. */
export const LENGTHS = [0, 1, 2, 255, 256, 257, 1_000, 4_099];

/** An item, in a type that fits numbers and bigints alike. */
// deno-lint-ignore no-explicit-any -- number or bigint, by the array's class
export type Item = any;

/** Arrays of any class with small whole numbers, whose sums are exact in any order. */
export const anyArray: fc.Arbitrary<NumericArray> = fc.tuple(
  fc.constantFrom(...CLASSES),
  fc.constantFrom(...LENGTHS),
  fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 40 }),
).map(([type, length, pattern]) => {
  const array = new type(length) as Item;
  const isBig = type.name.startsWith("Big");
  for (let i = 0; i < length; i++) {
    // Not a mere repetition, or an operation could mix up its leaves unseen.
    const n = pattern[i % pattern.length] + i % 7;
    array[i] = isBig ? BigInt(n) : n;
  }
  return array;
});

/** `n` as an item of the array. */
export function itemOf(array: NumericArray, n: number): Item {
  return array.constructor.name.startsWith("Big") ? BigInt(n) : n;
}

/** The items as an ordinary array. */
export function plain(array: NumericArray): Item[] {
  return Array.from(array as Iterable<Item>);
}
