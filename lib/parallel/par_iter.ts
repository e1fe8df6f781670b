/**
 * Parallel iterators.
 *
 * @module
 */

import type { AnyFunction } from "../tasks/function.ts";
import {
  checkCount,
  chunked,
  enumerated,
  skipped,
  taken,
  windowed,
  zipped,
} from "./adapters.ts";
import {
  type ItemOf,
  type NumericArray,
  type Shared,
  shared,
} from "../numeric_array.ts";
import { arrayItems, type Pipeline } from "./pipeline.ts";
import type { Returned, Synchronous } from "./synchronous.ts";
import { Terminals } from "./terminals.ts";

/** The typed array that `collect()` returns for items of type `T`. */
export type CollectedOf<T> = [T] extends [number]
  ? Float64Array<SharedArrayBuffer>
  : [T] extends [bigint]
    ? BigInt64Array<SharedArrayBuffer> | BigUint64Array<SharedArrayBuffer>
  : never;

/**
 * A parallel iterator: all compute workers and the calling thread process its items.
 *
 * Stages such as {@linkcode ParIter.map} are lazy. A terminal operation such as
 * {@linkcode ParIter.sum} runs all stages in one loop.
 *
 * The functions of stages follow the rules of `spawnCompute`: they are self-contained or
 * module tasks, and receive everything else they need as extra arguments. They must be
 * synchronous.
 */
export class ParIter<T, Collected = CollectedOf<T>>
  extends Terminals<T, Collected> {
  /**
   * Yields the result of `fn` for each item.
   *
   * @param extras Passed to `fn` after the item.
   */
  map<U, Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => Synchronous<U>,
    ...extras: Extras
  ): ParIter<Returned<U>> {
    return new ParIter<Returned<U>>(this.pipeline.map(fn, extras));
  }

  /**
   * Yields the items for which `fn` returns true.
   *
   * @param extras Passed to `fn` after the item.
   */
  filter<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): ParIter<T, Collected> {
    return new ParIter<T, Collected>(this.pipeline.filter(fn, extras));
  }

  /**
   * Yields the items of the iterable that `fn` returns for each item, one after another.
   *
   * @param extras Passed to `fn` after the item.
   */
  flatMap<U, Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => Iterable<Synchronous<U>>,
    ...extras: Extras
  ): ParIter<U> {
    return new ParIter<U>(this.pipeline.flatMap(fn as AnyFunction, extras));
  }

  /**
   * Yields `[index, item]` for each item.
   *
   * @throws {TypeError} After `filter()` or `flatMap()`, which leave the indices unknown.
   */
  enumerate(): ParIter<[number, T]> {
    return new ParIter(enumerated(this.pipeline.indexed("enumerate")));
  }

  /**
   * Yields `[item, other]` pairs and ends with the shorter of both.
   *
   * @throws {TypeError} If there is a `filter()` or `flatMap()` before it on either side.
   */
  zip<U>(
    other: ParIter<U, unknown> | NumericArray | readonly number[],
  ): ParIter<[T, U]> {
    const others = other instanceof ParIter ? other.pipeline : sourceOf(other);
    return new ParIter(
      zipped(this.pipeline.indexed("zip"), others.indexed("zip")),
    );
  }

  /**
   * Yields arrays of `size` consecutive items that do not overlap; the last may be shorter.
   *
   * @throws {RangeError} If `size` is not a positive integer.
   * @throws {TypeError} After `filter()` or `flatMap()`, which leave the indices unknown.
   */
  chunks(size: number): ParIter<T[]> {
    checkCount("chunk", size, 1);
    return new ParIter(chunked(this.pipeline.indexed("chunks"), size));
  }

  /**
   * Yields every run of `size` consecutive items: `[a, b]`, `[b, c]` and so on for size 2.
   *
   * @throws {RangeError} If `size` is not a positive integer.
   * @throws {TypeError} After `filter()` or `flatMap()`, which leave the indices unknown.
   */
  windows(size: number): ParIter<T[]> {
    checkCount("window", size, 1);
    return new ParIter(windowed(this.pipeline.indexed("windows"), size));
  }

  /**
   * Yields the first `count` items.
   *
   * @throws {RangeError} If `count` is not a non-negative integer.
   * @throws {TypeError} After `filter()` or `flatMap()`, which leave the indices unknown.
   */
  take(count: number): ParIter<T, Collected> {
    checkCount("take", count, 0);
    return new ParIter<T, Collected>(
      taken(this.pipeline.indexed("take"), count),
    );
  }

  /**
   * Yields all items but the first `count`.
   *
   * @throws {RangeError} If `count` is not a non-negative integer.
   * @throws {TypeError} After `filter()` or `flatMap()`, which leave the indices unknown.
   */
  skip(count: number): ParIter<T, Collected> {
    checkCount("skip", count, 0);
    return new ParIter<T, Collected>(
      skipped(this.pipeline.indexed("skip"), count),
    );
  }
}

/**
 * Returns a parallel iterator over a typed array.
 *
 * An array over shared memory (from `shared()` or `runtime.alloc()`) is used in place; any
 * other is copied to shared memory first.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, parIter, shared } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * const data = shared(Float64Array.from({ length: 1000 }, (_, i) => i));
 * const roots = runtime.install(() => parIter(data).map((x) => Math.sqrt(x)).collect());
 * console.log(roots[81]); // 9
 * ```
 */
export function parIter<A extends NumericArray>(
  array: A,
): ParIter<ItemOf<A>, Shared<A>>;
/** Returns a parallel iterator over an array of numbers, which is copied. */
export function parIter(
  array: readonly number[],
): ParIter<number, Float64Array<SharedArrayBuffer>>;
// deno-lint-ignore no-explicit-any -- the overloads are precise
export function parIter(array: NumericArray | readonly number[]): any {
  return new ParIter(sourceOf(array));
}

function sourceOf(array: NumericArray | readonly number[]): Pipeline {
  if (!ArrayBuffer.isView(array)) {
    const copy: NumericArray = shared(Float64Array.from(array));
    return arrayItems(copy);
  }
  const original = array as NumericArray;
  return arrayItems(shared(original) as NumericArray, original);
}
