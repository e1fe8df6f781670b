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
import { arrayItems, Pipeline } from "./pipeline.ts";
import { Terminals } from "./terminals.ts";

/** The array in which `collect()` puts such items. */
export type CollectedOf<T> = [T] extends [number]
  ? Float64Array<SharedArrayBuffer>
  : [T] extends [bigint]
    ? BigInt64Array<SharedArrayBuffer> | BigUint64Array<SharedArrayBuffer>
  : never;

/**
 * Items that are worked on by all compute workers and the calling thread at once. Stages
 * such as {@linkcode ParIter.map} only note what to do; a terminal operation such as
 * {@linkcode ParIter.sum} does it, all stages in one loop.
 *
 * The functions of stages follow the rules of `spawnCompute`: they are self-contained or
 * module tasks, and get what else they need as extra arguments. They must be synchronous.
 */
export class ParIter<T, Collected = CollectedOf<T>>
  extends Terminals<T, Collected> {
  /** Yields what `fn` makes of each item. */
  map<U, Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => U,
    ...extras: Extras
  ): ParIter<Awaited<U>> {
    return new ParIter(this.pipeline.map(fn, extras));
  }

  /** Yields the items for which `fn` is true. */
  filter<Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => boolean,
    ...extras: Extras
  ): ParIter<T, Collected> {
    return new ParIter<T, Collected>(this.pipeline.filter(fn, extras));
  }

  /** Yields all items of what `fn` makes of each item: an array, or any iterable. */
  flatMap<U, Extras extends unknown[]>(
    fn: (item: T, ...extras: Extras) => Iterable<U>,
    ...extras: Extras
  ): ParIter<U> {
    return new ParIter<U>(this.pipeline.flatMap(fn as AnyFunction, extras));
  }

  /** Yields `[index, item]`. */
  enumerate(): ParIter<[number, T]> {
    return new ParIter(
      new Pipeline(enumerated(this.pipeline.indexed("enumerate"))),
    );
  }

  /** Yields `[item, other]`, as far as both go. */
  zip<U>(
    other: ParIter<U, unknown> | NumericArray | readonly number[],
  ): ParIter<[T, U]> {
    const others = other instanceof ParIter ? other.pipeline : sourceOf(other);
    return new ParIter(
      new Pipeline(
        zipped(this.pipeline.indexed("zip"), others.indexed("zip")),
      ),
    );
  }

  /** Yields arrays of `size` items; the last may be shorter. */
  chunks(size: number): ParIter<T[]> {
    checkCount("chunk", size, 1);
    return new ParIter(
      new Pipeline(chunked(this.pipeline.indexed("chunks"), size)),
    );
  }

  /** Yields arrays of `size` neighbours, one beginning at each item that has enough. */
  windows(size: number): ParIter<T[]> {
    checkCount("window", size, 1);
    return new ParIter(
      new Pipeline(windowed(this.pipeline.indexed("windows"), size)),
    );
  }

  /** Yields the first `count` items. */
  take(count: number): ParIter<T, Collected> {
    checkCount("take", count, 0);
    return new ParIter<T, Collected>(
      new Pipeline(taken(this.pipeline.indexed("take"), count)),
    );
  }

  /** Yields all items but the first `count`. */
  skip(count: number): ParIter<T, Collected> {
    checkCount("skip", count, 0);
    return new ParIter<T, Collected>(
      new Pipeline(skipped(this.pipeline.indexed("skip"), count)),
    );
  }
}

/**
 * A parallel iterator over a typed array, or over an array of numbers. One over shared
 * memory (`shared()`, `runtime.alloc()`) is used as it is; any other is copied first.
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
/** The same over an array of numbers, which is copied. */
export function parIter(
  array: readonly number[],
): ParIter<number, Float64Array<SharedArrayBuffer>>;
// deno-lint-ignore no-explicit-any -- the overloads say more
export function parIter(array: NumericArray | readonly number[]): any {
  return new ParIter(sourceOf(array));
}

function sourceOf(array: NumericArray | readonly number[]): Pipeline {
  if (!ArrayBuffer.isView(array)) {
    const copy: NumericArray = shared(Float64Array.from(array));
    return new Pipeline(arrayItems(copy));
  }
  const original = array as NumericArray;
  return new Pipeline(arrayItems(shared(original) as NumericArray), original);
}
