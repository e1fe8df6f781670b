/**
 * A source and its stages, fused into one loop.
 *
 * @module
 */

import type { LoopPlan } from "../jobs/loop.ts";
import {
  classOf,
  holdsBigInts,
  type NumericArray,
  type NumericArrayClass,
  setAll,
  shared,
} from "../numeric_array.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { type LeafCode, memoize, Shape, type Stage } from "./shape.ts";

/** What a loop needs besides its code, in the order in which that names it. */
export interface Values {
  readonly functions: readonly AnyFunction[];
  readonly data: readonly unknown[];
}

/** A source and its stages. Immutable: adding a stage returns a new pipeline. */
export class Pipeline implements Values {
  /** The kinds of its source and stages. */
  readonly shape: Shape;
  /** The functions of its stages. */
  readonly functions: readonly AnyFunction[];
  /** The values of its source and stages. */
  readonly data: readonly unknown[];
  /** Number of items of the source, or after the last stage that knows it. */
  readonly length: number;
  /** The class that collect() uses by default. */
  readonly type: NumericArrayClass;
  /** The array passed to parIter(); undefined once there is a stage. */
  readonly array: NumericArray | undefined;

  constructor(
    shape: Shape,
    { functions, data }: Values,
    length: number,
    type: NumericArrayClass,
    array?: NumericArray,
  ) {
    this.shape = shape;
    this.functions = functions;
    this.data = data;
    this.length = length;
    this.type = type;
    this.array = array;
  }

  /** This pipeline, for `stage`. Throws a TypeError after filter() or flatMap(). */
  indexed(stage: string): this {
    if (this.shape.isIndexed) return this;
    throw new TypeError(
      `Cannot ${stage} here: a filter() or flatMap() before it leaves the indices ` +
        `unknown; collect() first, or put ${stage}() before them`,
    );
  }

  /** Adds a stage that yields one item per item. */
  map(fn: AnyFunction, extras: readonly unknown[]): Pipeline {
    return this.#with(
      mapStage(extras.length),
      fn,
      extras,
      mappedType(this.type),
    );
  }

  /** Adds a stage that drops items. */
  filter(fn: AnyFunction, extras: readonly unknown[]): Pipeline {
    return this.#with(filterStage(extras.length), fn, extras, this.type);
  }

  /** Adds a stage that yields any number of items per item. */
  flatMap(fn: AnyFunction, extras: readonly unknown[]): Pipeline {
    return this.#with(
      flatMapStage(extras.length),
      fn,
      extras,
      mappedType(this.type),
    );
  }

  /**
   * The whole loop.
   *
   * @param leaf What it does with the items of a leaf.
   * @param own The functions and values of that.
   * @param whole What it does with all items, if one thread runs them; null if the result
   *   depends on how they are split into leaves.
   */
  plan(
    leaf: LeafCode,
    own: Partial<Values> = NOTHING,
    whole: LeafCode | null = leaf,
  ): LoopPlan {
    const { functions = NONE, data = NONE } = own;
    return {
      code: this.shape.loop(leaf),
      whole: whole === null ? undefined : this.shape.loop(whole),
      functions: joined(this.functions, functions),
      data: joined(this.data, data),
      length: this.length,
    };
  }

  #with(
    stage: Stage,
    fn: AnyFunction,
    extras: readonly unknown[],
    type: NumericArrayClass,
  ): Pipeline {
    const functions = joined(this.functions, [fn]);
    const data = joined(this.data, extras);
    const shape = this.shape.with(stage);
    return new Pipeline(shape, { functions, data }, this.length, type);
  }
}

const NOTHING: Partial<Values> = {};
const NONE: readonly never[] = [];

const mapStage = memoize((extras: number): Stage => ({
  isIndexed: true,
  emit: (code, before, index) =>
    code.result("Cannot map items", extras, before(code, index)),
}));

const filterStage = memoize((extras: number): Stage => ({
  emit(code, before, index) {
    const item = before(code, index);
    const passes = code.result("Cannot filter items", extras, item);
    code.line(`if (!${passes}) continue;`);
    return item;
  },
}));

const flatMapStage = memoize((extras: number): Stage => ({
  expands: true,
  emit(code, before, index) {
    const action = "Cannot map items to several";
    const item = before(code, index);
    const many = code.result(action, extras, item);
    const name = `w${item}`;
    code.open(`for (const ${name} of ${many}) {`);
    code.refusePromise(action, name);
    return name;
  },
}));

/** The array of a pipeline without stages, in shared memory. */
export interface ArrayInPlace {
  /** The array itself, or a copy if it is not over shared memory. */
  readonly array: NumericArray;
  /** Copies the elements back if `array` is a copy. */
  copyBack(): void;
}

/**
 * The array of `pipeline`, for an operation that changes it.
 *
 * @param action Start of the error message.
 * @param method Name of the operation's method.
 * @throws {TypeError} If the pipeline has stages or its source is not a typed array.
 */
export function arrayInPlace(
  pipeline: Pipeline,
  action: string,
  method: string,
): ArrayInPlace {
  const original = pipeline.array;
  if (original === undefined) {
    throw new TypeError(
      `${action}: the iterator has stages or is not over a typed array; ` +
        `call ${method}() on parIter(array) directly`,
    );
  }
  const array = shared(original) as NumericArray;
  return {
    array,
    copyBack() {
      if (array !== original) setAll(original, array);
    },
  };
}

/**
 * The items of an array over shared memory.
 *
 * @param original What it is a copy of, or itself; undefined if that is no typed array.
 */
export function arrayItems(
  array: NumericArray,
  original?: NumericArray,
): Pipeline {
  const values = { functions: [], data: [array] };
  return new Pipeline(ARRAY, values, array.length, classOf(array), original);
}

/** Like {@linkcode arrayItems}, of the {@linkcode PART} of the array that is a leaf. */
export function arrayParts(array: NumericArray): Pipeline {
  const values = { functions: [], data: [array] };
  return new Pipeline(ARRAY_PART, values, array.length, classOf(array));
}

/** What code calls the part of arrayParts() that it may change. */
export const PART = "part";

/** Code that declares {@linkcode PART}: the array itself if that is all of it. */
export function takePart(type: NumericArrayClass): string {
  const at = "d0.byteOffset + from * d0.BYTES_PER_ELEMENT";
  return `const ${PART} = from === 0 && to === d0.length ? d0 : ` +
    `new ${type.name}(d0.buffer, ${at}, to - from);`;
}

const ARRAY_PART = new Shape((code, index) => {
  code.datum();
  return code.name(`${PART}[${index}]`);
});

const ARRAY = new Shape((code, index) =>
  code.name(`${code.datum()}[${index}]`)
);

/** After map() a class of bigints stays, and every other class becomes Float64Array. */
function mappedType(type: NumericArrayClass): NumericArrayClass {
  return holdsBigInts(type) ? type : NUMBERS;
}

/** The class of items that are not those of the source. */
export const NUMBERS = Float64Array as unknown as NumericArrayClass;

/** Both lists; one of them itself if the other is empty. */
export function joined<T>(
  first: readonly T[],
  second: readonly T[],
): readonly T[] {
  if (second.length === 0) return first;
  return first.length === 0 ? second : [...first, ...second];
}
