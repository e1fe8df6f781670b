/**
 * The terminal operations of parallel iterators.
 *
 * @module
 */

import type { Cloned } from "../cloned.ts";
import {
  collect,
  collectInto,
  forEach,
  mapInPlace,
  toArray,
} from "./collect.ts";
import { partition } from "./divide.ts";
import type {
  NumericArray,
  NumericArrayClass,
  Shared,
} from "../numeric_array.ts";
import { buildAndRun, run, runAsync, sortAsync, sortNow } from "./operation.ts";
import { Reductions } from "./reductions.ts";
import { any, find, position } from "./search.ts";
import { sorting } from "./sort.ts";
import type { Synchronous } from "./synchronous.ts";

/**
 * The terminal operations: each one runs the stages and returns a result.
 *
 * Every operation has two forms. The plain form blocks the calling thread, which takes part
 * in the work. The form whose name ends in `Async` leaves all work to the compute workers
 * and returns a promise. Items that leave a worker are copies: see {@linkcode Cloned}.
 *
 * Functions follow the rules of `spawnCompute` and must be synchronous; `extras` are passed
 * to them after the item on every call. Every operation throws {@linkcode NoRuntimeError}
 * when no runtime is current, a TypeError when a function returns a promise, and what a
 * stage throws. If several stages throw, it is the
 * error that a sequential loop would have thrown first.
 */
export abstract class Terminals<T, Collected> extends Reductions<T> {
  /** Calls `fn` for each item. */
  forEach<R, Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => Synchronous<R>,
    ...extras: Extras
  ): void {
    run(forEach(this.pipeline, fn, extras));
  }

  /** {@linkcode Terminals.forEach} without blocking. */
  forEachAsync<R, Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => Synchronous<R>,
    ...extras: Extras
  ): Promise<void> {
    return buildAndRun(() => forEach(this.pipeline, fn, extras));
  }

  /**
   * Returns the items, in order, in a new typed array over shared memory. Its class is that
   * of the source; after a `map()` of numbers it is Float64Array.
   *
   * @throws {TypeError} If an item does not fit the array: a bigint or a string where it
   * holds numbers, for example.
   */
  collect(): Collected;
  /**
   * Returns the items, in order, in a new typed array of the given class.
   *
   * @throws {TypeError} If an item does not fit the array.
   */
  collect<A extends NumericArray>(type: NumericArrayClass<A>): Shared<A>;
  collect(type?: NumericArrayClass): unknown {
    return run(collect(this.pipeline, type));
  }

  /** {@linkcode Terminals.collect} without blocking. */
  collectAsync(): Promise<Collected>;
  /** {@linkcode Terminals.collect} with a class, without blocking. */
  collectAsync<A extends NumericArray>(
    type: NumericArrayClass<A>,
  ): Promise<Shared<A>>;
  collectAsync(type?: NumericArrayClass): Promise<unknown> {
    return buildAndRun(() => collect(this.pipeline, type));
  }

  /**
   * Writes the items into `target`, starting at index 0.
   *
   * @returns The number of items.
   * @throws {RangeError} If `target` has fewer elements than there are items.
   * @throws {TypeError} If an item does not fit `target`.
   */
  collectInto(target: NumericArray): number {
    return run(collectInto(this.pipeline, target));
  }

  /** {@linkcode Terminals.collectInto} without blocking. */
  collectIntoAsync(target: NumericArray): Promise<number> {
    return buildAndRun(() => collectInto(this.pipeline, target));
  }

  /** Returns the items in an ordinary array. They may be any values that can be copied. */
  toArray(): Cloned<T>[] {
    return run(toArray<Cloned<T>>(this.pipeline));
  }

  /** {@linkcode Terminals.toArray} without blocking. */
  toArrayAsync(): Promise<Cloned<T>[]> {
    return buildAndRun(() => toArray<Cloned<T>>(this.pipeline));
  }

  /**
   * Replaces each element of the array by the result of `fn`. An array that is not over
   * shared memory is copied to shared memory and back.
   *
   * @throws {TypeError} If this is not `parIter(array)` itself, without stages, or if `fn`
   * returns a value that does not fit the array.
   */
  mapInPlace<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => T,
    ...extras: Extras
  ): void {
    run(mapInPlace(this.pipeline, fn, extras));
  }

  /** {@linkcode Terminals.mapInPlace} without blocking. */
  mapInPlaceAsync<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => T,
    ...extras: Extras
  ): Promise<void> {
    return buildAndRun(() => mapInPlace(this.pipeline, fn, extras));
  }

  /** Returns the first item for which `fn` returns true, or undefined if there is none. */
  find<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): Cloned<T> | undefined {
    return run(find<Cloned<T>>(this.pipeline, fn, extras));
  }

  /** {@linkcode Terminals.find} without blocking. */
  findAsync<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): Promise<Cloned<T> | undefined> {
    return buildAndRun(() => find<Cloned<T>>(this.pipeline, fn, extras));
  }

  /**
   * Returns the index of the first item for which `fn` returns true, or -1 if there is none.
   *
   * @throws {TypeError} After `filter()` or `flatMap()`, which leave the indices unknown.
   */
  position<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): number {
    return run(position(this.pipeline, fn, extras));
  }

  /** {@linkcode Terminals.position} without blocking. */
  positionAsync<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): Promise<number> {
    return buildAndRun(() => position(this.pipeline, fn, extras));
  }

  /** Reports whether `fn` returns true for some item. Stops at the first one found. */
  any<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): boolean {
    return run(any(this.pipeline, fn, extras, true));
  }

  /** {@linkcode Terminals.any} without blocking. */
  anyAsync<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): Promise<boolean> {
    return buildAndRun(() => any(this.pipeline, fn, extras, true));
  }

  /** Reports whether `fn` returns true for every item. Stops at the first item that fails. */
  all<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): boolean {
    return !run(any(this.pipeline, fn, extras, false));
  }

  /** {@linkcode Terminals.all} without blocking. */
  async allAsync<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): Promise<boolean> {
    return !await runAsync(any(this.pipeline, fn, extras, false));
  }

  /**
   * Splits the items into those for which `fn` returns true and the others, each in order.
   *
   * @returns Two new arrays over shared memory: `[matching, others]`.
   * @throws {TypeError} After `flatMap()`, which leaves the number of items unknown.
   */
  partition<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): [Collected, Collected] {
    return run(partition(this.pipeline, fn, extras)) as [Collected, Collected];
  }

  /** {@linkcode Terminals.partition} without blocking. */
  partitionAsync<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): Promise<[Collected, Collected]> {
    return buildAndRun(() => partition(this.pipeline, fn, extras)) as Promise<
      [Collected, Collected]
    >;
  }

  /**
   * Sorts the array in place. The sort is stable. An array that is not over shared memory
   * is copied to shared memory and back.
   *
   * @param compare Returns a negative number, 0 or a positive number, as for
   * `Array.prototype.sort()`. If left out, numbers are sorted in ascending order, as
   * `TypedArray.prototype.sort()` does.
   * @param extras Passed to `compare` after the two items.
   * @throws {TypeError} If this is not `parIter(array)` itself, without stages.
   */
  sort<Extras extends unknown[]>(
    compare?: (a: T, b: T, ...extras: Extras) => number,
    ...extras: Extras
  ): void {
    sortNow(sorting(this.pipeline, { fn: compare, extras, byKey: false }));
  }

  /** {@linkcode Terminals.sort} without blocking. */
  async sortAsync<Extras extends unknown[]>(
    compare?: (a: T, b: T, ...extras: Extras) => number,
    ...extras: Extras
  ): Promise<void> {
    await sortAsync(
      sorting(this.pipeline, { fn: compare, extras, byKey: false }),
    );
  }

  /**
   * Sorts the array in place, in ascending order of the key of each item. The sort is stable.
   *
   * @param key Returns the key of an item. It may be called more than once for an item.
   * @param extras Passed to `key` after the item.
   * @throws {TypeError} If this is not `parIter(array)` itself, without stages.
   */
  sortBy<Extras extends unknown[]>(
    key: (item: T, ...extras: Extras) => number | bigint,
    ...extras: Extras
  ): void {
    sortNow(sorting(this.pipeline, { fn: key, extras, byKey: true }));
  }

  /** {@linkcode Terminals.sortBy} without blocking. */
  async sortByAsync<Extras extends unknown[]>(
    key: (item: T, ...extras: Extras) => number | bigint,
    ...extras: Extras
  ): Promise<void> {
    await sortAsync(sorting(this.pipeline, { fn: key, extras, byKey: true }));
  }
}
