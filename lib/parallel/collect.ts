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
import type { Operation } from "./operation.ts";
import { arrayInPlace, arrayItems, Pipeline } from "./pipeline.ts";

/** Calls a function for each item. */
export function forEach(
  pipeline: Pipeline,
  fn: AnyFunction,
  extras: readonly unknown[],
): Operation<void> {
  return {
    plan: pipeline.plan({
      each: (code, item) =>
        void code.result("Cannot visit items", fn, extras, item),
    }),
    finish: () => {},
  };
}

/** The items in a new typed array over shared memory. */
export function collect(
  pipeline: Pipeline,
  type: NumericArrayClass = pipeline.items.type,
): Operation<NumericArray<SharedArrayBuffer>> {
  if (pipeline.expands) return collectExpanded(pipeline, type);
  const out = allocate(type, pipeline.items.length) as NumericArray<
    SharedArrayBuffer
  >;
  if (pipeline.isIndexed) {
    return { plan: writePlan(pipeline, out, type), finish: () => out };
  }
  return {
    plan: pipeline.plan({
      before: "let n = from;",
      each(code, item) {
        checkItem(code.line.bind(code), item, type);
        code.line(`${code.datum(out)}[n++] = ${item};`);
      },
      after: "return n - from;",
    }),
    finish: (counts) => compact(out, type, counts as number[]),
  };
}

/** Writes the items into an existing array; the result is their number. */
export function collectInto(
  pipeline: Pipeline,
  target: NumericArray,
): Operation<number> {
  const type = target.constructor as unknown as NumericArrayClass;
  const { length } = pipeline.items;
  if (pipeline.isIndexed && isShared(target)) {
    checkRoom(target, length);
    return { plan: writePlan(pipeline, target, type), finish: () => length };
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
  const type = array.constructor as unknown as NumericArrayClass;
  const mapped = new Pipeline(arrayItems(array)).map(fn, extras);
  return { plan: writePlan(mapped, array, type), finish: copyBack };
}

/** The items, of any type, in an ordinary array. */
export function toArray<T>(pipeline: Pipeline): Operation<T[]> {
  return {
    plan: pipeline.plan({
      before: "const out = [];",
      each: (code, item) => code.line(`out.push(${item});`),
      after: "return out;",
    }),
    finish: (values) => (values as T[][]).flat(),
  };
}

function collectExpanded(
  pipeline: Pipeline,
  type: NumericArrayClass,
): Operation<NumericArray<SharedArrayBuffer>> {
  const name = type.name;
  return {
    plan: pipeline.plan({
      before: "const out = [];",
      each(code, item) {
        checkItem(code.line.bind(code), item, type);
        code.line(`out.push(${item});`);
      },
      after: `return new ${name}(out);`,
    }),
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

function writePlan(
  pipeline: Pipeline,
  out: NumericArray,
  type: NumericArrayClass,
): Operation<unknown>["plan"] {
  return pipeline.plan({
    each(code, item, index) {
      checkItem(code.line.bind(code), item, type);
      code.line(`${code.datum(out)}[${index}] = ${item};`);
    },
  });
}

/** Typed arrays silently convert strings and objects to numbers, so check the type first. */
function checkItem(
  line: (text: string) => void,
  item: string,
  type: NumericArrayClass,
): void {
  const expected = holdsBigInts(type) ? "bigint" : "number";
  line(
    `if (typeof ${item} !== "${expected}") throw new TypeError("Cannot collect item " + i + ` +
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
