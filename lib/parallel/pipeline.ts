/**
 * A source of items and the stages that process them.
 *
 * @module
 */

import type { LoopPlan } from "../jobs/loop.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { Code } from "./code.ts";
import {
  classOf,
  type NumericArray,
  type NumericArrayClass,
  setAll,
  shared,
} from "../numeric_array.ts";

/** Items that can be accessed by index: a source, or a stage that keeps their number. */
export interface Items {
  /** Number of items. */
  readonly length: number;
  /** The class that collect() uses by default. */
  readonly type: NumericArrayClass;
  /** Emits code for the item at `index`, an expression, and returns the item's name. */
  at(code: Code, index: string): string;
}

/** Emits code for a stage and returns the name of the item that goes to the next one. */
type Step = (code: Code, item: string) => string;

/** The code of a terminal operation in each leaf, a part of the items. */
export interface LeafCode {
  /** Code before the loop. */
  readonly before?: string;
  /** Emits code for each item; `index` is the index in the source. */
  each(code: Code, item: string, index: string): void;
  /** Code after the loop. */
  readonly after?: string;
  /** Whether the loop stops when a leaf returns a value other than undefined. */
  readonly stopsAtResult?: boolean;
}

/** A source and its stages. Immutable: adding a stage returns a new pipeline. */
export class Pipeline {
  /** The source with its first stages. */
  readonly items: Items;
  /** The array passed to parIter(); undefined once there is a stage. */
  readonly array: NumericArray | undefined;
  /** Whether a stage may yield several items per item, so that their number is unknown. */
  readonly expands: boolean;
  readonly #steps: readonly Step[];

  constructor(
    items: Items,
    array: NumericArray | undefined = undefined,
    steps: readonly Step[] = [],
    expands = false,
  ) {
    this.items = items;
    this.array = array;
    this.expands = expands;
    this.#steps = steps;
  }

  /** Whether items can be accessed by index: no filter() or flatMap() so far. */
  get isIndexed(): boolean {
    return this.#steps.length === 0;
  }

  /** The items by index, for `stage`. Throws a TypeError after filter() or flatMap(). */
  indexed(stage: string): Items {
    if (this.isIndexed) return this.items;
    throw new TypeError(
      `Cannot ${stage} here: a filter() or flatMap() before it leaves the indices ` +
        `unknown; collect() first, or put ${stage}() before them`,
    );
  }

  /** Adds a stage that yields one item per item. */
  map(fn: AnyFunction, extras: readonly unknown[]): Pipeline {
    const step: Step = (code, item) =>
      code.result("Cannot map items", fn, extras, item);
    if (!this.isIndexed) return this.#with(step, this.expands);
    const { items } = this;
    return new Pipeline({
      length: items.length,
      type: mappedType(items.type),
      at: (code, index) => step(code, items.at(code, index)),
    });
  }

  /** Adds a stage that drops items. */
  filter(fn: AnyFunction, extras: readonly unknown[]): Pipeline {
    return this.#with((code, item) => {
      const passes = code.result("Cannot filter items", fn, extras, item);
      code.line(`if (!${passes}) continue;`);
      return item;
    }, this.expands);
  }

  /** Adds a stage that yields any number of items per item. */
  flatMap(fn: AnyFunction, extras: readonly unknown[]): Pipeline {
    return this.#with((code, item) => {
      const action = "Cannot map items to several";
      const many = code.result(action, fn, extras, item);
      const name = `w${item}`;
      code.open(`for (const ${name} of ${many}) {`);
      code.refusePromise(action, name);
      return name;
    }, true);
  }

  /** Emits the whole loop. */
  plan(leaf: LeafCode): LoopPlan {
    const code = new Code();
    if (leaf.before !== undefined) code.line(leaf.before);
    code.open("for (let i = from; i < to; i++) {");
    let item = this.items.at(code, "i");
    for (const step of this.#steps) item = step(code, item);
    leaf.each(code, item, "i");
    code.closeAll();
    if (leaf.after !== undefined) code.line(leaf.after);
    return code.plan(this.items.length, leaf.stopsAtResult ?? false);
  }

  #with(step: Step, expands: boolean): Pipeline {
    return new Pipeline(this.items, undefined, [...this.#steps, step], expands);
  }
}

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

/** The items of an array over shared memory. */
export function arrayItems(array: NumericArray): Items {
  return {
    length: array.length,
    type: classOf(array),
    at: (code, index) => code.name(`${code.datum(array)}[${index}]`),
  };
}

/** After map() a class of bigints stays, and every other class becomes Float64Array. */
function mappedType(type: NumericArrayClass): NumericArrayClass {
  return type.name.startsWith("Big")
    ? type
    : Float64Array as unknown as NumericArrayClass;
}
