/**
 * The terminal operations of parallel iterators.
 *
 * @module
 */

import {
  collect,
  collectInto,
  forEach,
  mapInPlace,
  toArray,
} from "./collect.ts";
import { histogram, partition } from "./divide.ts";
import type {
  NumericArray,
  NumericArrayClass,
  Shared,
} from "../numeric_array.ts";
import { run, runAsync, sortAsync, sortNow } from "./operation.ts";
import type { Pipeline } from "./pipeline.ts";
import { arithmetic, count, extreme, fold, reduce } from "./reduce.ts";
import { any, find, position } from "./search.ts";
import { sorting } from "./sort.ts";

/**
 * What can be done with the items in the end. Each operation has two forms: the plain one
 * blocks the calling thread, which does its part of the work; the one whose name ends in
 * `Async` leaves all of it to the compute workers and returns a promise.
 *
 * Both throw what a stage throws, of several errors the one that a plain loop would have
 * met first. Sums and other reductions combine parts that depend on the number of items
 * only: their results are the same on every machine, with any number of workers.
 */
export abstract class Terminals<T, Collected> {
  /**
   * The source and the stages.
   *
   * @internal
   */
  protected readonly pipeline: Pipeline;
  /**
   * Used by `parIter()` and `parRange()`.
   *
   * @internal
   */
  constructor(pipeline: Pipeline) {
    this.pipeline = pipeline;
  }

  /** Calls `fn` for each item. */
  forEach<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => void,
    ...extras: Extras
  ): void {
    run(forEach(this.pipeline, fn, extras));
  }

  /** {@linkcode Terminals.forEach} without blocking. */
  forEachAsync<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => void,
    ...extras: Extras
  ): Promise<void> {
    return promised(() => forEach(this.pipeline, fn, extras));
  }

  /**
   * The items, in order, in a new array over shared memory: of the source's class, after a
   * `map()` a Float64Array, or of the given class.
   */
  collect(): Collected;
  /** The same, in an array of the given class. */
  collect<A extends NumericArray>(type: NumericArrayClass<A>): Shared<A>;
  collect(type?: NumericArrayClass): unknown {
    return run(collect(this.pipeline, type));
  }

  /** {@linkcode Terminals.collect} without blocking. */
  collectAsync(): Promise<Collected>;
  /** The same, in an array of the given class. */
  collectAsync<A extends NumericArray>(
    type: NumericArrayClass<A>,
  ): Promise<Shared<A>>;
  collectAsync(type?: NumericArrayClass): Promise<unknown> {
    return promised(() => collect(this.pipeline, type));
  }

  /** Writes the items into `target`, from its beginning, and returns their number. */
  collectInto(target: NumericArray): number {
    return run(collectInto(this.pipeline, target));
  }

  /** {@linkcode Terminals.collectInto} without blocking. */
  collectIntoAsync(target: NumericArray): Promise<number> {
    return promised(() => collectInto(this.pipeline, target));
  }

  /** The items in an ordinary array; they may be anything that can be copied. */
  toArray(): T[] {
    return run(toArray<T>(this.pipeline));
  }

  /** {@linkcode Terminals.toArray} without blocking. */
  toArrayAsync(): Promise<T[]> {
    return promised(() => toArray<T>(this.pipeline));
  }

  /**
   * Replaces each number of the array by what `fn` makes of it. Only on `parIter(array)`
   * itself. An array of ordinary memory is copied there and back.
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
    return promised(() => mapInPlace(this.pipeline, fn, extras));
  }

  /** The sum of the items; 0 without any. */
  sum(): T {
    return run(arithmetic(this.pipeline, "+")) as T;
  }

  /** {@linkcode Terminals.sum} without blocking. */
  sumAsync(): Promise<T> {
    return promised(() => arithmetic(this.pipeline, "+")) as Promise<T>;
  }

  /** The product of the items; 1 without any. */
  product(): T {
    return run(arithmetic(this.pipeline, "*")) as T;
  }

  /** {@linkcode Terminals.product} without blocking. */
  productAsync(): Promise<T> {
    return promised(() => arithmetic(this.pipeline, "*")) as Promise<T>;
  }

  /** The smallest item, NaN if one is; undefined without any. */
  min(): T | undefined {
    return run(extreme(this.pipeline, "<")) as T | undefined;
  }

  /** {@linkcode Terminals.min} without blocking. */
  minAsync(): Promise<T | undefined> {
    return promised(() => extreme(this.pipeline, "<")) as Promise<
      T | undefined
    >;
  }

  /** The largest item, NaN if one is; undefined without any. */
  max(): T | undefined {
    return run(extreme(this.pipeline, ">")) as T | undefined;
  }

  /** {@linkcode Terminals.max} without blocking. */
  maxAsync(): Promise<T | undefined> {
    return promised(() => extreme(this.pipeline, ">")) as Promise<
      T | undefined
    >;
  }

  /** The number of items. */
  count(): number {
    return run(count(this.pipeline));
  }

  /** {@linkcode Terminals.count} without blocking. */
  countAsync(): Promise<number> {
    return promised(() => count(this.pipeline));
  }

  /**
   * Combines all items by `fn`, which must be associative, and for which `identity` changes
   * nothing: each part of the items begins with it.
   */
  reduce<Extras extends unknown[]>(
    identity: T,
    fn: (a: T, b: T, ...extras: Extras) => T,
    ...extras: Extras
  ): T {
    return run(reduce(this.pipeline, identity, fn, extras));
  }

  /** {@linkcode Terminals.reduce} without blocking. */
  reduceAsync<Extras extends unknown[]>(
    identity: T,
    fn: (a: T, b: T, ...extras: Extras) => T,
    ...extras: Extras
  ): Promise<T> {
    return promised(() => reduce(this.pipeline, identity, fn, extras));
  }

  /**
   * Gives each part of the items an accumulator of its own, made by `initial`, that `step`
   * takes through its items, then combines neighbours by `combine`, which must be
   * associative. Undefined without items.
   */
  fold<A, Extras extends unknown[]>(
    initial: () => A,
    step: (accumulator: A, item: T, ...extras: Extras) => A,
    combine: (a: A, b: A) => A,
    ...extras: Extras
  ): A | undefined {
    return run(fold(this.pipeline, initial, step, combine, extras));
  }

  /** {@linkcode Terminals.fold} without blocking. */
  foldAsync<A, Extras extends unknown[]>(
    initial: () => A,
    step: (accumulator: A, item: T, ...extras: Extras) => A,
    combine: (a: A, b: A) => A,
    ...extras: Extras
  ): Promise<A | undefined> {
    return promised(() => fold(this.pipeline, initial, step, combine, extras));
  }

  /** The first item for which `fn` is true; undefined without one. */
  find<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): T | undefined {
    return run(find<T>(this.pipeline, fn, extras));
  }

  /** {@linkcode Terminals.find} without blocking. */
  findAsync<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): Promise<T | undefined> {
    return promised(() => find<T>(this.pipeline, fn, extras));
  }

  /** The index of the first item for which `fn` is true; -1 without one. */
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
    return promised(() => position(this.pipeline, fn, extras));
  }

  /** Whether `fn` is true for an item; the others may then not be looked at. */
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
    return promised(() => any(this.pipeline, fn, extras, true));
  }

  /** Whether `fn` is true for every item. */
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

  /** The items for which `fn` is true, and the others, each in order. */
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
    return promised(() => partition(this.pipeline, fn, extras)) as Promise<
      [Collected, Collected]
    >;
  }

  /**
   * How many items are in each of `bins` ranges of equal width between `min` and `max`,
   * which belongs to the last. Items outside are not counted.
   */
  histogram(
    bins: number,
    min: number,
    max: number,
  ): Float64Array<SharedArrayBuffer> {
    return run(histogram(this.pipeline, bins, min, max));
  }

  /** {@linkcode Terminals.histogram} without blocking. */
  histogramAsync(
    bins: number,
    min: number,
    max: number,
  ): Promise<Float64Array<SharedArrayBuffer>> {
    return promised(() => histogram(this.pipeline, bins, min, max));
  }

  /**
   * Sorts the array in place, stably; without `compare` by size, as typed arrays do. Only
   * on `parIter(array)` itself. An array of ordinary memory is copied there and back.
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

  /** Sorts the array in place, stably, by what `key` makes of each item. */
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

/** A mistake in an operation rejects, as everything else that goes wrong with it. */
async function promised<Result>(
  operation: () => Parameters<typeof runAsync<Result>>[0],
): Promise<Result> {
  return await runAsync(operation());
}
