/**
 * What a parallel iterator goes through, stage by stage.
 *
 * @module
 */

import type { LoopPlan } from "../jobs/program.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { Code } from "./code.ts";
import {
  classOf,
  type NumericArray,
  type NumericArrayClass,
} from "../numeric_array.ts";

/** Items that are known by their index: a source, or a stage that keeps their number. */
export interface Items {
  /** Number of items. */
  readonly length: number;
  /** What collect() makes of them unless told. */
  readonly type: NumericArrayClass;
  /** Writes how to get the item at `index`, an expression; returns its name. */
  at(code: Code, index: string): string;
}

/** A stage that may change the number of items. Returns the name of what goes on. */
type Step = (code: Code, item: string) => string;

/** What a terminal operation does in each leaf. */
export interface LeafCode {
  /** Before the loop. */
  readonly before?: string;
  /** For each item; `index` counts the items of the source. */
  each(code: Code, item: string, index: string): void;
  /** After the loop. */
  readonly after?: string;
  /** Whether a leaf that returns something ends the loop. */
  readonly stopsAtResult?: boolean;
}

/** A source and the stages behind it. */
export class Pipeline {
  /** The source with its first stages. */
  readonly items: Items;
  /** The array as it was given, when there is no stage yet. */
  readonly array: NumericArray | undefined;
  /** Whether a stage may yield several items for one. */
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

  /** Whether the number of items and their indices are known. */
  get isIndexed(): boolean {
    return this.#steps.length === 0;
  }

  /** The items, for a stage that counts them. Throws when they cannot be counted. */
  indexed(stage: string): Items {
    if (this.isIndexed) return this.items;
    throw new TypeError(
      `Cannot ${stage} here: a filter() or flatMap() before it leaves the indices ` +
        `unknown; collect() first, or put ${stage}() before them`,
    );
  }

  /** Adds a stage that yields one item for each. */
  map(fn: AnyFunction, extras: readonly unknown[]): Pipeline {
    const step: Step = (code, item) => code.name(code.call(fn, extras, item));
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
      code.line(`if (!${code.call(fn, extras, item)}) continue;`);
      return item;
    }, this.expands);
  }

  /** Adds a stage that yields any number of items for each. */
  flatMap(fn: AnyFunction, extras: readonly unknown[]): Pipeline {
    return this.#with((code, item) => {
      const many = code.call(fn, extras, item);
      const name = `w${item}`;
      code.open(`for (const ${name} of ${many}) {`);
      return name;
    }, true);
  }

  /** Writes the loop. */
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

/** The items of an array over shared memory. */
export function arrayItems(array: NumericArray): Items {
  return {
    length: array.length,
    type: classOf(array),
    at: (code, index) => code.name(`${code.datum(array)}[${index}]`),
  };
}

/** Numbers stay numbers of any size, bigints what they were. */
function mappedType(type: NumericArrayClass): NumericArrayClass {
  return type.name.startsWith("Big")
    ? type
    : Float64Array as unknown as NumericArrayClass;
}
