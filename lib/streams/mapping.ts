/**
 * The calls of one mapping.
 *
 * @module
 */

import type { CallLimits } from "../calls/call_limits.ts";
import type { ItemResults } from "../calls/items.ts";
import { OwnedGroup } from "../calls/signal_watch.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { MapCalls } from "./sender.ts";

/** What a mapping needs of its runtime. */
export interface MappingHost {
  /** Number of compute workers. */
  readonly workers: number;
  /** Calls a worker with one item. */
  one(fn: AnyFunction, item: unknown, limits: CallLimits): Promise<unknown>;
  /** Calls a worker with several items: see {@linkcode MapCalls.several}. */
  several(
    fn: AnyFunction,
    items: readonly unknown[],
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
  readonly #calls = new OwnedGroup();
  readonly #limits: CallLimits;

  /** @param limits The limits of each call, except the signal, which ends the mapping. */
  constructor(host: MappingHost, fn: AnyFunction, limits: CallLimits) {
    this.workers = host.workers;
    this.#host = host;
    this.#fn = fn;
    this.#limits = { ...limits, signal: undefined, group: this.#calls };
  }

  /** See {@linkcode MapCalls}. */
  one(item: T): Promise<R> {
    return this.#host.one(this.#fn, item, this.#limits) as Promise<R>;
  }

  /** See {@linkcode MapCalls}. */
  several(items: readonly T[]): Promise<ItemResults> | undefined {
    return this.#host.several(this.#fn, items, this.#limits);
  }

  /** See {@linkcode MapCalls}. A limit of the execution is one of each item. */
  takesSeveral(): boolean {
    return this.#limits.timeoutMs === Infinity &&
      this.#host.mayRunItems(this.#fn);
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
