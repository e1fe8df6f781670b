/**
 * Stages that access items by index.
 *
 * @module
 */

import type { Items } from "./pipeline.ts";
import type { NumericArrayClass } from "../numeric_array.ts";

const NUMBERS = Float64Array as unknown as NumericArrayClass;

/** Pairs of index and item. */
export function enumerated(items: Items): Items {
  return {
    length: items.length,
    type: NUMBERS,
    at: (code, index) => code.name(`[${index}, ${items.at(code, index)}]`),
  };
}

/** Pairs of items from two sources; ends with the shorter one. */
export function zipped(items: Items, others: Items): Items {
  return {
    length: Math.min(items.length, others.length),
    type: NUMBERS,
    at(code, index) {
      const item = items.at(code, index);
      return code.name(`[${item}, ${others.at(code, index)}]`);
    },
  };
}

/** All items but the first `count`. */
export function skipped(items: Items, count: number): Items {
  return {
    length: Math.max(0, items.length - count),
    type: items.type,
    at: (code, index) =>
      items.at(code, code.name(`${index} + ${code.datum(count)}`)),
  };
}

/** The first `count` items. */
export function taken(items: Items, count: number): Items {
  return { ...items, length: Math.min(items.length, count) };
}

/** Arrays of `size` consecutive items that do not overlap; the last may be shorter. */
export function chunked(items: Items, size: number): Items {
  return grouped(items, Math.ceil(items.length / size), size, size);
}

/** Arrays of `size` consecutive items, one starting at each item. */
export function windowed(items: Items, size: number): Items {
  return grouped(items, Math.max(0, items.length - size + 1), 1, size);
}

function grouped(
  items: Items,
  length: number,
  step: number,
  size: number,
): Items {
  return {
    length,
    type: NUMBERS,
    at(code, index) {
      const group = code.name("[]");
      const first = code.name(`${index} * ${code.datum(step)}`);
      const limit = code.datum(items.length);
      const end = code.name(
        `Math.min(${limit}, ${first} + ${code.datum(size)})`,
      );
      const k = `k${group}`;
      code.line(`for (let ${k} = ${first}; ${k} < ${end}; ${k}++) {`);
      const item = items.at(code, k);
      code.line(`${group}.push(${item});\n}`);
      return group;
    },
  };
}

/** Throws a RangeError unless `count` is an integer of at least `least`. */
export function checkCount(stage: string, count: number, least: number): void {
  if (Number.isSafeInteger(count) && count >= least) return;
  throw new RangeError(
    `Cannot ${stage} items: the count must be an integer of at least ${least}, got ${count}`,
  );
}
