/**
 * Operations that visit or store every item.
 *
 * @module
 */

import type { AnyFunction } from "../tasks/function.ts";
import {
  allocate,
  holdsBigInts,
  isShared,
  type NumericArray,
  type NumericArrayClass,
  setAll,
} from "../numeric_array.ts";
import type { Code } from "./code.ts";
import type { Operation } from "./operation.ts";
import {
  arrayInPlace,
  arrayParts,
  PART,
  type Pipeline,
  takePart,
} from "./pipeline.ts";
import { type LeafCode, memoize } from "./shape.ts";

/** Calls a function for each item. */
export function forEach(
  pipeline: Pipeline,
  fn: AnyFunction,
  extras: readonly unknown[],
): Operation<void> {
  return {
    plan: pipeline.plan(forEachCode(extras.length), {
      functions: [fn],
      data: extras,
    }),
    finish: () => {},
  };
}

const forEachCode = memoize((extras: number): LeafCode => ({
  each: (code, item) => void code.result("Cannot visit items", extras, item),
}));

/** The items in a new typed array over shared memory. */
export function collect(
  pipeline: Pipeline,
  type: NumericArrayClass = pipeline.type,
): Operation<NumericArray<SharedArrayBuffer>> {
  const { shape, length } = pipeline;
  if (shape.expands) return collectExpanded(pipeline, type);
  const out = allocate(type, length) as NumericArray<SharedArrayBuffer>;
  if (shape.isIndexed) {
    return {
      plan: pipeline.plan(writeCode(type), { data: [out] }),
      finish: () => out,
    };
  }
  return {
    plan: pipeline.plan(collectSomeCode(type), { data: [out] }),
    finish: (counts) => compact(out, type, counts as number[]),
  };
}

/** Writes each item where the source has its own. */
const writeCode = memoize((type: NumericArrayClass): LeafCode => ({
  each(code, item, index) {
    checkItem(code, item, type);
    code.line(`${code.datum()}[${index}] = ${item};`);
  },
}));

/** Writes the items of a leaf one after another, and returns their number. */
const collectSomeCode = memoize((type: NumericArrayClass): LeafCode => ({
  before: "let n = from;",
  each(code, item) {
    checkItem(code, item, type);
    code.line(`${code.datum()}[n++] = ${item};`);
  },
  after: "return n - from;",
}));

/** Writes the items into an existing array; the result is their number. */
export function collectInto(
  pipeline: Pipeline,
  target: NumericArray,
): Operation<number> {
  const type = target.constructor as unknown as NumericArrayClass;
  const { shape, length } = pipeline;
  if (shape.isIndexed && isShared(target)) {
    checkRoom(target, length);
    const plan = pipeline.plan(writeCode(type), { data: [target] });
    return { plan, finish: () => length };
  }
  const { plan, finish } = collect(pipeline, type);
  return {
    plan,
    finish(values, combine) {
      const items = finish(values, combine);
      checkRoom(target, items.length);
      setAll(target, items);
      return items.length;
    },
  };
}

/** Replaces each element of an array. */
export function mapInPlace(
  pipeline: Pipeline,
  fn: AnyFunction,
  extras: readonly unknown[],
): Operation<void> {
  const { array, copyBack } = arrayInPlace(
    pipeline,
    "Cannot map in place",
    "mapInPlace",
  );
  // Not a class of the application, whose constructor may want other arguments.
  const type = Reflect.get(globalThis, array[Symbol.toStringTag]);
  const mapped = arrayParts(array).map(fn, extras);
  return { plan: mapped.plan(writeBackCode(type)), finish: copyBack };
}

/**
 * Writes each item where the source has its own, into the source. Engines leave out the check of
 * an index only in loops to the length of the array.
 */
const writeBackCode = memoize((type: NumericArrayClass): LeafCode => ({
  before: takePart(type),
  bounds: ["0", `${PART}.length`],
  each(code, item, index) {
    checkItem(code, item, type, `(from + ${index})`);
    // Another name for the same array would make the loop slower.
    code.line(`${PART}[${index}] = ${item};`);
  },
}));

/** The items, of any type, in an ordinary array. */
export function toArray<T>(pipeline: Pipeline): Operation<T[]> {
  return {
    plan: pipeline.plan(TO_ARRAY),
    finish: (values) => (values as T[][]).flat(),
  };
}

const TO_ARRAY: LeafCode = {
  before: "const out = [];",
  each: (code, item) => code.line(`out.push(${item});`),
  after: "return out;",
};

function collectExpanded(
  pipeline: Pipeline,
  type: NumericArrayClass,
): Operation<NumericArray<SharedArrayBuffer>> {
  return {
    plan: pipeline.plan(collectExpandedCode(type)),
    finish(parts) {
      const arrays = parts as NumericArray[];
      const total = arrays.reduce((sum, { length }) => sum + length, 0);
      const out = allocate(type, total) as NumericArray<SharedArrayBuffer>;
      let at = 0;
      for (const array of arrays) {
        setAll(out, array, at);
        at += array.length;
      }
      return out;
    },
  };
}

const collectExpandedCode = memoize((type: NumericArrayClass): LeafCode => ({
  before: "const out = [];",
  each(code, item) {
    checkItem(code, item, type);
    code.line(`out.push(${item});`);
  },
  after: `return new ${type.name}(out);`,
}));

/** Typed arrays silently convert strings and objects to numbers, so check the type first. */
function checkItem(
  code: Code,
  item: string,
  type: NumericArrayClass,
  index = "i",
): void {
  const expected = holdsBigInts(type) ? "bigint" : "number";
  code.line(
    `if (typeof ${item} !== "${expected}") throw new TypeError("Cannot collect item " + ${index} + ` +
      `": a ${type.name} holds a ${expected}, got " + typeof ${item} + ` +
      `"; pass another class to collect(), or use toArray()");`,
  );
}

function checkRoom(target: NumericArray, length: number): void {
  if (length <= target.length) return;
  throw new RangeError(
    `Cannot collect items: there are ${length}, and the target has room for ${target.length}`,
  );
}

/** Each leaf wrote `counts[leaf]` items at the start of its own range: joins these parts. */
export function compact(
  out: NumericArray,
  type: NumericArrayClass,
  counts: readonly number[],
): NumericArray<SharedArrayBuffer> {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const result = allocate(type, total) as NumericArray<SharedArrayBuffer>;
  let at = 0;
  for (let leaf = 0; leaf < counts.length; leaf++) {
    const from = Math.floor(leaf * out.length / counts.length);
    setAll(result, out.subarray(from, from + counts[leaf]), at);
    at += counts[leaf];
  }
  return result;
}
