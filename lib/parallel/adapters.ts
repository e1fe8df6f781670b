/**
 * Stages that access items by index.
 *
 * @module
 */

import { joined, NUMBERS, Pipeline } from "./pipeline.ts";
import { memoize, type Shape, type Stage } from "./shape.ts";

/** Pairs of index and item. */
export function enumerated(items: Pipeline): Pipeline {
  const { shape, length } = items;
  return new Pipeline(shape.with(ENUMERATED), items, length, NUMBERS);
}

const ENUMERATED: Stage = {
  isIndexed: true,
  emit: (code, before, index) =>
    code.name(`[${index}, ${before(code, index)}]`),
};

/** Pairs of items from two sources; ends with the shorter one. */
export function zipped(items: Pipeline, others: Pipeline): Pipeline {
  return new Pipeline(
    items.shape.with(zippedStage(others.shape)),
    {
      functions: joined(items.functions, others.functions),
      data: joined(items.data, others.data),
    },
    Math.min(items.length, others.length),
    NUMBERS,
  );
}

const zippedStage = memoize((others: Shape): Stage => ({
  isIndexed: true,
  emit(code, before, index) {
    const item = before(code, index);
    return code.name(`[${item}, ${others.emit(code, index)}]`);
  },
}));

/** All items but the first `count`. */
export function skipped(items: Pipeline, count: number): Pipeline {
  const { shape, functions, data, length, type } = items;
  return new Pipeline(
    shape.with(SKIPPED),
    { functions, data: [count, ...data] },
    Math.max(0, length - count),
    type,
  );
}

const SKIPPED: Stage = {
  isIndexed: true,
  emit: (code, before, index) =>
    before(code, code.name(`${index} + ${code.datum()}`)),
};

/** The first `count` items. */
export function taken(items: Pipeline, count: number): Pipeline {
  const { shape, length, type } = items;
  return new Pipeline(shape, items, Math.min(length, count), type);
}

/** Arrays of `size` consecutive items that do not overlap; the last may be shorter. */
export function chunked(items: Pipeline, size: number): Pipeline {
  return grouped(items, Math.ceil(items.length / size), size, size);
}

/** Arrays of `size` consecutive items, one starting at each item. */
export function windowed(items: Pipeline, size: number): Pipeline {
  return grouped(items, Math.max(0, items.length - size + 1), 1, size);
}

function grouped(
  items: Pipeline,
  length: number,
  step: number,
  size: number,
): Pipeline {
  const { shape, functions } = items;
  const data = [step, items.length, size, ...items.data];
  const values = { functions, data };
  return new Pipeline(shape.with(GROUPED), values, length, NUMBERS);
}

const GROUPED: Stage = {
  isIndexed: true,
  emit(code, before, index) {
    const [step, limit, size] = code.data(3);
    const group = code.name("[]");
    const first = code.name(`${index} * ${step}`);
    const end = code.name(`Math.min(${limit}, ${first} + ${size})`);
    const k = `k${group}`;
    code.line(`for (let ${k} = ${first}; ${k} < ${end}; ${k}++) {`);
    const item = before(code, k);
    code.line(`${group}.push(${item});\n}`);
    return group;
  },
};

/** Throws a RangeError unless `count` is an integer of at least `least`. */
export function checkCount(stage: string, count: number, least: number): void {
  if (Number.isSafeInteger(count) && count >= least) return;
  throw new RangeError(
    `Cannot ${stage} items: the count must be an integer of at least ${least}, got ${count}`,
  );
}
