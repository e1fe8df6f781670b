/**
 * The options of a mapping, and the types that follow from them: see docs/streams.md.
 *
 * @module
 */

import type { Key } from "../calls/key.ts";
import type { Cloned } from "../cloned.ts";
import type { Source } from "./source.ts";

/**
 * Options for `computeMap()` and `computeTransform()`.
 *
 * @typeParam Args The arguments of the function after the item.
 * @typeParam Settle Whether the mapping yields errors, too.
 * @typeParam Item An item, as `key` gets it.
 */
export interface MapOptions<
  Args extends readonly unknown[] = [],
  Settle extends boolean = false,
  Item = unknown,
> {
  /**
   * Arguments of the function after the item. They are sent once for each call: items that
   * share a call get the same copy, which the function should not change.
   */
  readonly args?: readonly [...Args];
  /**
   * Whether an item that fails yields a {@linkcode SettledItem} with its error, as in
   * `Promise.allSettled()`, in place of ending the mapping. Defaults to false.
   */
  readonly settle?: Settle;
  /**
   * Number of items that share a call. By default, items that take little time share one,
   * unless the function is a module task or asynchronous. With a number above 1, items of
   * any function share calls, and run in turn; with 1, each has a call of its own.
   */
  readonly batch?: number;
  /**
   * Maximum number of items in flight. Defaults to two calls for each compute worker: that
   * many items, or more if several share a call.
   */
  readonly concurrency?: number;
  /** Whether results are in the order of their items. Defaults to true. */
  readonly ordered?: boolean;
  /** Ends the mapping when aborted, and cancels what is in flight. */
  readonly signal?: AbortSignal;
  /**
   * The key of an item: items with the same key go to the same worker, each in a call of its
   * own, as with `key` of {@linkcode CallOptions}. Workers whose keys are rare among the
   * items in flight have nothing to do; more `concurrency` helps.
   */
  readonly key?: (item: Item) => Key;
}

/** Options with the arguments that a function needs after the item. */
export type MapOptionsWithArgs<
  Args extends readonly unknown[],
  Settle extends boolean = false,
  Item = unknown,
> = MapOptions<Args, Settle, Item> & { readonly args: readonly [...Args] };

/** What came of an item, with the option `settle`. */
export type SettledItem<R> =
  | (PromiseFulfilledResult<R> & {
    /** Number of items before this one in the source. */
    readonly index: number;
  })
  | (PromiseRejectedResult & {
    /** Number of items before this one in the source. */
    readonly index: number;
  });

/** What a mapping yields: results, or with the option `settle` what came of each item. */
export type Mapped<R, Settle extends boolean> = Settle extends true
  ? SettledItem<R>
  : R;

/** Maps a source by calls: `runtime.computeMap()` and the function of that name. */
export interface ComputeMap {
  /** Maps items by a function of one argument. */
  <T, R, Settle extends boolean = false>(
    source: Source<T>,
    fn: (item: T) => R,
    options?: MapOptions<[], Settle, T>,
  ): AsyncIterableIterator<Mapped<Cloned<Awaited<R>>, Settle>>;
  /** Maps items by a function with more arguments, which are `options.args`. */
  <T, R, Args extends readonly unknown[], Settle extends boolean = false>(
    source: Source<T>,
    fn: (item: T, ...args: Args) => R,
    options: MapOptionsWithArgs<Args, Settle, T>,
  ): AsyncIterableIterator<Mapped<Cloned<Awaited<R>>, Settle>>;
}

/** Maps a stream by calls: `runtime.computeTransform()`. */
export interface ComputeTransform {
  /** Maps items by a function of one argument. */
  <T, R, Settle extends boolean = false>(
    fn: (item: T) => R,
    options?: MapOptions<[], Settle, T>,
  ): TransformPair<T, Mapped<Cloned<Awaited<R>>, Settle>>;
  /** Maps items by a function with more arguments, which are `options.args`. */
  <T, R, Args extends readonly unknown[], Settle extends boolean = false>(
    fn: (item: T, ...args: Args) => R,
    options: MapOptionsWithArgs<Args, Settle, T>,
  ): TransformPair<T, Mapped<Cloned<Awaited<R>>, Settle>>;
}

/** A pair of streams for `ReadableStream.pipeThrough()`. */
export interface TransformPair<T, R> {
  /** Yields the results. */
  readonly readable: ReadableStream<R>;
  /** Takes the items. */
  readonly writable: WritableStream<T>;
}

/** The options as a mapping without types sees them. */
export type AnyMapOptions = MapOptions<readonly unknown[], boolean, never>;

/** The same options, for a mapping that another signal ends, too. */
export function endedBy(
  options: AnyMapOptions,
  signal: AbortSignal | undefined,
): AnyMapOptions {
  if (signal === undefined) return options;
  const { signal: own } = options;
  return {
    ...options,
    signal: own === undefined ? signal : AbortSignal.any([signal, own]),
  };
}

/** @throws {RangeError} If a number is not a positive integer. */
export function checkMapOptions({ concurrency, batch }: AnyMapOptions): void {
  checkCount("map source", "concurrency", concurrency);
  checkCount("map source", "batch", batch);
}

/** @throws {RangeError} If an option is given and not a positive integer. */
export function checkCount(
  action: string,
  name: string,
  count: number | undefined,
): void {
  if (count === undefined || (Number.isSafeInteger(count) && count >= 1)) {
    return;
  }
  throw new RangeError(
    `Cannot ${action}: ${name} must be a positive integer, got ${count}`,
  );
}
