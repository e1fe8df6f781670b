/**
 * Calls for several items of a mapping.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import type { ItemResults, ItemsMode } from "../calls/items.ts";
import type { Key } from "../calls/key.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Functions } from "../tasks/functions.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";
import type { AnyMapOptions } from "./options.ts";
import type { MapCalls } from "./sender.ts";

/** What a runtime does for a mapping. */
export interface MapHost {
  /** Number of compute workers. */
  readonly workers: number;
  /** Calls a worker with one item, and the arguments after it. */
  one(item: unknown, args: readonly unknown[]): Promise<unknown>;
  /** The same on the worker of a key. */
  oneWithKey(
    key: Key,
    item: unknown,
    args: readonly unknown[],
  ): Promise<unknown>;
  /** Whether calls are refused, so that `one` says why. */
  refuses(): boolean;
}

/** Calls the compute workers with several items at once. */
export class ItemCalls {
  readonly #endpoint: Endpoint;
  readonly #numbers: TaskNumbers;
  readonly #functions: Functions;
  readonly #known = new WeakMap<AnyFunction, boolean>();
  /** Number of items in flight, without the first of each call. */
  extraCount = 0;

  constructor(
    endpoint: Endpoint,
    numbers: TaskNumbers,
    functions: Functions,
  ) {
    this.#endpoint = endpoint;
    this.#numbers = numbers;
    this.#functions = functions;
  }

  /** How a mapping calls `fn`. */
  mapping<T, R>(
    fn: AnyFunction,
    options: AnyMapOptions,
    host: MapHost,
  ): MapCalls<T, R> {
    const endpoint = this.#endpoint;
    const { args = [], batch, settle = false, key } = options;
    const runsAll = batch !== undefined;
    const mode = runsAll || settle || args.length > 0
      ? { args, runsAll, settles: settle }
      : undefined;
    return {
      workers: host.workers,
      one: (item) =>
        (key === undefined
          ? host.one(item, args)
          : callByKey(host, key, item as never, args)) as Promise<R>,
      takesSeveral: () => key === undefined && (runsAll || this.#mayRun(fn)),
      rest: () => endpoint.rest(),
      hurry: () => endpoint.hurry(),
      several: (items) =>
        host.refuses() ? undefined : this.#spawn(fn, items, mode),
    };
  }

  /** Whether one call may run the function on several items. */
  #mayRun(fn: AnyFunction): boolean {
    let mayRun = this.#known.get(fn);
    if (mayRun === undefined) {
      mayRun = this.#find(fn);
      this.#known.set(fn, mayRun);
    }
    return mayRun;
  }

  /**
   * Submits a call. Undefined, with nothing done, if an item cannot be sent, or the call would
   * have to wait; the calls for single items then find out which.
   */
  #spawn(
    fn: AnyFunction,
    items: readonly unknown[],
    mode: ItemsMode | undefined,
  ): Promise<ItemResults> | undefined {
    try {
      const task = this.#numbers.of(fn);
      const results = this.#endpoint.compute.submitItems(task, items, mode);
      if (results === undefined) return undefined;
      this.#count(results, items.length - 1);
      return results as Promise<ItemResults>;
    } catch (error) {
      // Otherwise nothing was submitted.
      if (!this.#endpoint.isInterrupted) return undefined;
      this.#endpoint.afterFailure();
      return Promise.reject(error);
    }
  }

  #find(fn: AnyFunction): boolean {
    try {
      return this.#functions.mayRunItems(this.#numbers.of(fn));
    } catch {
      // The call for a single item reports why it cannot be sent.
      return false;
    }
  }

  #count(results: Promise<unknown>, extra: number): void {
    if (extra === 0) return;
    this.extraCount += extra;
    const settled = () => {
      this.extraCount -= extra;
    };
    results.then(settled, settled);
  }
}

/** Calls the worker of the item's key; rejects if `key` throws. */
function callByKey(
  host: MapHost,
  key: (item: never) => Key,
  item: never,
  args: readonly unknown[],
): Promise<unknown> {
  return new Promise((resolve) =>
    resolve(host.oneWithKey(key(item), item, args))
  );
}
