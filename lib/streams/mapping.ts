/**
 * The calls of one mapping.
 *
 * @module
 */

import type { CallLimits } from "../limits/call_limits.ts";
import type { ItemResults, ItemsMode } from "../calls/items.ts";
import type { Key } from "../calls/key.ts";
import { CallGroup } from "../limits/call_group.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { AnyMapOptions } from "./options.ts";
import type { MapCalls } from "./sender.ts";

/** What a mapping needs of its runtime. */
export interface MappingHost {
  /** Number of compute workers. */
  readonly workers: number;
  /**
   * Calls a worker with one item, and the arguments after it.
   *
   * @param key The worker's key; undefined for any worker.
   */
  one(
    fn: AnyFunction,
    args: readonly unknown[],
    limits: CallLimits,
    key: Key | undefined,
  ): Promise<unknown>;
  /** Calls a worker with several items: see {@linkcode MapCalls.several}. */
  several(
    fn: AnyFunction,
    items: readonly unknown[],
    mode: ItemsMode | undefined,
    limits: CallLimits,
  ): Promise<ItemResults> | undefined;
  /** Whether one call may run the function on several items. */
  mayRunItems(fn: AnyFunction): boolean;
  /** See {@linkcode MapCalls}. */
  rest(): void;
  /** See {@linkcode MapCalls}. */
  hurry(): void;
}

/** Calls the compute workers with the items of one mapping, which cancels the calls. */
export class Mapping<T, R> implements MapCalls<T, R> {
  /** See {@linkcode MapCalls}. */
  readonly workers: number;
  readonly #host: MappingHost;
  readonly #fn: AnyFunction;
  readonly #calls = new CallGroup();
  readonly #limits: CallLimits;
  readonly #args: readonly unknown[];
  readonly #key: ((item: never) => Key) | undefined;
  /** How calls run several items, if not as usual. */
  readonly #mode: ItemsMode | undefined;

  /** @param limits The limits of each call, except the signal, which ends the mapping. */
  constructor(
    host: MappingHost,
    fn: AnyFunction,
    limits: CallLimits,
    { args = [], batch, settle: settles = false, key }: AnyMapOptions,
  ) {
    this.workers = host.workers;
    this.#host = host;
    this.#fn = fn;
    this.#limits = { ...limits, signal: undefined, group: this.#calls };
    this.#args = args;
    this.#key = key;
    const runsAll = batch !== undefined;
    this.#mode = runsAll || settles || args.length > 0
      ? { args, runsAll, settles }
      : undefined;
  }

  /** See {@linkcode MapCalls}. Rejects if the function for the key throws. */
  one(item: T): Promise<R> {
    if (this.#key === undefined) return this.#one(item, undefined);
    try {
      return this.#one(item, this.#key(item as never));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #one(item: T, key: Key | undefined): Promise<R> {
    const args = [item, ...this.#args];
    const called = this.#host.one(this.#fn, args, this.#limits, key);
    return called as Promise<R>;
  }

  /** See {@linkcode MapCalls}. */
  several(items: readonly T[]): Promise<ItemResults> | undefined {
    return this.#host.several(this.#fn, items, this.#mode, this.#limits);
  }

  /**
   * See {@linkcode MapCalls}. A limit of the execution is one of each item, unless `batch`
   * says that items share calls.
   */
  takesSeveral(): boolean {
    if (this.#key !== undefined) return false;
    return this.#mode?.runsAll === true ||
      (this.#limits.timeoutMs === Infinity && this.#host.mayRunItems(this.#fn));
  }

  /** See {@linkcode MapCalls}. */
  rest(): void {
    this.#host.rest();
  }

  /** See {@linkcode MapCalls}. */
  hurry(): void {
    this.#host.hurry();
  }

  /** See {@linkcode MapCalls}. */
  cancel(reason: unknown): void {
    this.#calls.cancel(reason);
  }
}
