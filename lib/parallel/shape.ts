/**
 * What loops look like, whatever their functions and values are.
 *
 * @module
 */

import type { LoopCode } from "../jobs/loop.ts";
import { Code } from "./code.ts";

/** Emits code for the item at `index`, an expression, and returns the item's name. */
export type EmitItem = (code: Code, index: string) => string;

/** A kind of stage. There is one object of each kind, by which shapes are found again. */
export interface Stage {
  /** Whether the number of items is the same after it, or known all the same. */
  readonly isIndexed?: boolean;
  /** Whether it may yield several items per item. */
  readonly expands?: boolean;
  /**
   * Emits code for the item at `index`.
   *
   * @param before Emits code for an item of the stage before.
   */
  emit(code: Code, before: EmitItem, index: string): string;
}

/** A kind of terminal operation: what it does in each leaf, a part of the items. */
export interface LeafCode {
  /** Code before the loop. */
  readonly before?: string;
  /** Expressions for where the index begins and ends: those of the leaf by default. */
  readonly bounds?: readonly [from: string, to: string];
  /** Emits code for each item; `index` is the index in the source. */
  each(code: Code, item: string, index: string): void;
  /** Code after the loop. */
  readonly after?: string;
  /** Whether the loop stops when a leaf returns a value other than undefined. */
  readonly stopsAtResult?: boolean;
}

/**
 * The kinds of a source and of the stages after it. The same kinds are the same object, which
 * knows the code of its loops: a program that runs the same loop again pays nothing for that.
 */
export class Shape {
  /** Emits code for an item. */
  readonly emit: EmitItem;
  /** Whether items can be accessed by index: no filter() or flatMap() so far. */
  readonly isIndexed: boolean;
  /** Whether a stage may yield several items per item, so that their number is unknown. */
  readonly expands: boolean;
  readonly #next = new Map<Stage, Shape>();
  readonly #loops = new Map<LeafCode, LoopCode>();

  /** For sources, of which each kind has one shape. */
  constructor(emit: EmitItem, isIndexed = true, expands = false) {
    this.emit = emit;
    this.isIndexed = isIndexed;
    this.expands = expands;
  }

  /** The shape with one more stage. */
  with(stage: Stage): Shape {
    let next = this.#next.get(stage);
    if (next === undefined) {
      next = new Shape(
        (code, index) => stage.emit(code, this.emit, index),
        this.isIndexed && stage.isIndexed === true,
        this.expands || stage.expands === true,
      );
      this.#next.set(stage, next);
    }
    return next;
  }

  /** The code of the whole loop. */
  loop(leaf: LeafCode): LoopCode {
    let loop = this.#loops.get(leaf);
    if (loop === undefined) {
      loop = this.#write(leaf);
      this.#loops.set(leaf, loop);
    }
    return loop;
  }

  #write(leaf: LeafCode): LoopCode {
    const code = new Code();
    if (leaf.before !== undefined) code.line(leaf.before);
    const [from, to] = leaf.bounds ?? ["from", "to"];
    code.open(`for (let i = ${from}; i < ${to}; i++) {`);
    leaf.each(code, this.emit(code, "i"), "i");
    code.closeAll();
    if (leaf.after !== undefined) code.line(leaf.after);
    return code.loop(leaf.stopsAtResult);
  }
}

/** Makes one value for each key, such as the number of extra values of a function. */
export function memoize<K, T>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, T>();
  return (key) => {
    let value = made.get(key);
    if (value === undefined) {
      value = make(key);
      made.set(key, value);
    }
    return value;
  };
}
