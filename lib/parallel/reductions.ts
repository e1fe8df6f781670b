/**
 * The terminal operations that combine all items into one value.
 *
 * @module
 */

import type { Cloned } from "../cloned.ts";
import { arithmetic } from "./arithmetic.ts";
import { histogram } from "./divide.ts";
import { buildAndRun, run } from "./operation.ts";
import type { Pipeline } from "./pipeline.ts";
import { count, extreme, fold, reduce } from "./reduce.ts";
import type { Synchronous } from "./synchronous.ts";

/**
 * The terminal operations that combine all items into one value.
 *
 * The items are split into parts by their number alone, and the results of the parts are
 * combined in order. So a result is the same on every machine, with any number of workers,
 * rounding included. The sum of up to 25,600 items is that of a plain loop.
 */
export abstract class Reductions<T> {
  /**
   * The source and the stages.
   *
   * @internal
   */
  protected readonly pipeline: Pipeline;

  /**
   * Called by `parIter()` and `parRange()`.
   *
   * @internal
   */
  constructor(pipeline: Pipeline) {
    this.pipeline = pipeline;
  }

  /** Returns the sum of the items, or 0 if there are none. */
  sum(): T {
    return run(arithmetic(this.pipeline, "+")) as T;
  }

  /** {@linkcode Terminals.sum} without blocking. */
  sumAsync(): Promise<T> {
    return buildAndRun(() => arithmetic(this.pipeline, "+")) as Promise<T>;
  }

  /** Returns the product of the items, or 1 if there are none. */
  product(): T {
    return run(arithmetic(this.pipeline, "*")) as T;
  }

  /** {@linkcode Terminals.product} without blocking. */
  productAsync(): Promise<T> {
    return buildAndRun(() => arithmetic(this.pipeline, "*")) as Promise<T>;
  }

  /** Returns the smallest item, NaN if any is NaN or undefined; undefined if there are none. */
  min(): Cloned<T> | undefined {
    return run(extreme(this.pipeline, "<")) as Cloned<T> | undefined;
  }

  /** {@linkcode Terminals.min} without blocking. */
  minAsync(): Promise<Cloned<T> | undefined> {
    return buildAndRun(() => extreme(this.pipeline, "<")) as Promise<
      Cloned<T> | undefined
    >;
  }

  /** Returns the largest item, NaN if any is NaN or undefined; undefined if there are none. */
  max(): Cloned<T> | undefined {
    return run(extreme(this.pipeline, ">")) as Cloned<T> | undefined;
  }

  /** {@linkcode Terminals.max} without blocking. */
  maxAsync(): Promise<Cloned<T> | undefined> {
    return buildAndRun(() => extreme(this.pipeline, ">")) as Promise<
      Cloned<T> | undefined
    >;
  }

  /** Returns the number of items. */
  count(): number {
    return run(count(this.pipeline));
  }

  /** {@linkcode Terminals.count} without blocking. */
  countAsync(): Promise<number> {
    return buildAndRun(() => count(this.pipeline));
  }

  /**
   * Combines all items into one.
   *
   * @param identity The value that each part of the items starts with. Combining an item
   * with it must give that item: 0 for a sum, 1 for a product.
   * @param fn Combines two values, which may be copies. It must be associative.
   * @param extras Passed to `fn` after the two values.
   * @returns The combined value, or `identity` if there are no items.
   */
  reduce<Extras extends unknown[]>(
    identity: T,
    fn: (a: Cloned<T>, b: Cloned<T>, ...extras: Extras) => Cloned<T>,
    ...extras: Extras
  ): Cloned<T> {
    return run(
      reduce<Cloned<T>>(this.pipeline, identity as Cloned<T>, fn, extras),
    );
  }

  /** {@linkcode Terminals.reduce} without blocking. */
  reduceAsync<Extras extends unknown[]>(
    identity: T,
    fn: (a: Cloned<T>, b: Cloned<T>, ...extras: Extras) => Cloned<T>,
    ...extras: Extras
  ): Promise<Cloned<T>> {
    return buildAndRun(() =>
      reduce<Cloned<T>>(this.pipeline, identity as Cloned<T>, fn, extras)
    );
  }

  /**
   * Accumulates each part of the items by itself, then combines the accumulators in order.
   *
   * @param initial Returns the accumulator that a part starts with.
   * @param step Adds an item to an accumulator and returns the new accumulator.
   * @param combine Combines the accumulators of two neighbouring parts, which may be copies.
   * It must be associative.
   * @param extras Passed to `step` after the accumulator and the item.
   * @returns The combined accumulator, or undefined if there are no items.
   */
  fold<A, Extras extends unknown[]>(
    initial: () => Synchronous<A>,
    step: (accumulator: A, item: T, ...extras: Extras) => Synchronous<A>,
    combine: (a: Cloned<A>, b: Cloned<A>) => Synchronous<Cloned<A>>,
    ...extras: Extras
  ): Cloned<A> | undefined {
    return run(fold<Cloned<A>>(
      this.pipeline,
      initial as () => Cloned<A>,
      step,
      combine,
      extras,
    ));
  }

  /** {@linkcode Terminals.fold} without blocking. */
  foldAsync<A, Extras extends unknown[]>(
    initial: () => Synchronous<A>,
    step: (accumulator: A, item: T, ...extras: Extras) => Synchronous<A>,
    combine: (a: Cloned<A>, b: Cloned<A>) => Synchronous<Cloned<A>>,
    ...extras: Extras
  ): Promise<Cloned<A> | undefined> {
    return buildAndRun(() =>
      fold<Cloned<A>>(
        this.pipeline,
        initial as () => Cloned<A>,
        step,
        combine,
        extras,
      )
    );
  }

  /**
   * Counts the items in each of `bins` ranges of equal width from `min` to `max`. The last
   * range includes `max`; items below `min` or above `max` are not counted.
   *
   * @returns The counts, one for each range.
   * @throws {RangeError} If `bins` is not a positive integer or `min` is not below `max`.
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
    return buildAndRun(() => histogram(this.pipeline, bins, min, max));
  }
}
