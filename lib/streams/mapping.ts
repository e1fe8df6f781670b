/**
 * The calls of one mapping.
 *
 * @module
 */

import { type CallLimits, isLimited } from "../limits/call_limits.ts";
import type { ItemResults, ItemsMode } from "../calls/items.ts";
import type { Key } from "../calls/key.ts";
import { CallGroup } from "../limits/call_group.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { ItemUse } from "./item_calls.ts";
import type { AnyMapOptions } from "./options.ts";
import type { MapCalls } from "./sender.ts";

/** What a mapping needs of its runtime. */
export interface MappingHost {
  /** Number of compute workers. */
  readonly workers: number;
  /**
   * Calls a worker with one item, and the arguments after it.
   *
   * @param limits Undefined for a call that nothing cancels.
   * @param key The worker's key; undefined for any worker.
   */
  one(
    fn: AnyFunction,
    args: readonly unknown[],
    limits: CallLimits | undefined,
    key: Key | undefined,
  ): Promise<unknown>;
  /** Calls a worker with several items: see {@linkcode MapCalls.several}. */
  several(
    fn: AnyFunction,
    items: readonly unknown[],
    mode: ItemsMode | undefined,
    limits: CallLimits | undefined,
  ): Promise<ItemResults> | undefined;
  /** How calls may run the function on items. */
  useOf(fn: AnyFunction): ItemUse;
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
  /**
   * Whether calls that are short need no control, which costs time: then the consumer can only
   * leave the mapping, and the function cannot see that.
   */
  readonly #mayBePlain: boolean;
  #use: ItemUse | undefined;
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
    this.#mayBePlain = key === undefined && !isLimited(limits);
    this.#args = args;
    this.#key = key;
    const runsAll = batch !== undefined;
    this.#mode = runsAll || settles || args.length > 0
      ? { args, runsAll, settles }
      : undefined;
  }

  /** See {@linkcode MapCalls}. Rejects if the function for the key throws. */
  one(item: T, isShort: boolean | undefined): Promise<R> {
    const args = this.#args.length === 0 ? [item] : [item, ...this.#args];
    let key: Key | undefined;
    if (this.#key !== undefined) {
      try {
        key = this.#key(item as never);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const limits = this.#limitsOf(isShort);
    return this.#host.one(this.#fn, args, limits, key) as Promise<R>;
  }

  /** See {@linkcode MapCalls}. */
  several(
    items: readonly T[],
    isShort: boolean | undefined,
  ): Promise<ItemResults> | undefined {
    const limits = this.#limitsOf(isShort);
    return this.#host.several(this.#fn, items, this.#mode, limits);
  }

  /**
   * See {@linkcode MapCalls}. A limit of the execution is one of each item, unless `batch`
   * says that items share calls.
   */
  takesSeveral(): boolean {
    if (this.#key !== undefined) return false;
    return this.#mode?.runsAll === true ||
      (this.#limits.timeoutMs === Infinity && this.#useOfFunction.isShared);
  }

  get #useOfFunction(): ItemUse {
    return this.#use ??= this.#host.useOf(this.#fn);
  }

  /** The limits of the next call; undefined if it is not worth its while to cancel it. */
  #limitsOf(isShort: boolean | undefined): CallLimits | undefined {
    if (!this.#mayBePlain) return this.#limits;
    const use = this.#useOfFunction;
    if (!use.isShared || use.findsCall) return this.#limits;
    if (isShort !== undefined) use.isShort = isShort;
    return use.isShort ? undefined : this.#limits;
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
