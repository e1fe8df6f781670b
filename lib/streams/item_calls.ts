/**
 * Calls for several items of a mapping.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import type { ControlledCall } from "../control/controlled_call.ts";
import type { ItemResults, ItemsMode } from "../calls/items.ts";
import { plainPlan, type Plan } from "../calls/plan.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Functions } from "../tasks/functions.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";

/** How calls may run a function on items. */
export interface ItemUse {
  /** Whether one call may run it on several. */
  readonly isShared: boolean;
  /** Whether it may ask whether its call was cancelled. */
  readonly findsCall: boolean;
  /** Whether items that it was called with last took little time. */
  isShort: boolean;
}

/** A function that needs a call for each item. */
export const ALONE: Readonly<ItemUse> = {
  isShared: false,
  findsCall: true,
  isShort: false,
};

/** Calls the compute workers with several items at once. */
export class ItemCalls {
  readonly #endpoint: Endpoint;
  readonly #numbers: TaskNumbers;
  readonly #functions: Functions;
  readonly #known = new WeakMap<AnyFunction, ItemUse>();
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

  /** How calls may run the function on items. */
  useOf(fn: AnyFunction): ItemUse {
    let use = this.#known.get(fn);
    if (use === undefined) {
      use = this.#find(fn);
      this.#known.set(fn, use);
    }
    return use;
  }

  /**
   * Submits a call. Undefined, with nothing done, if an item cannot be sent, or the call would
   * have to wait; the calls for single items then find out which.
   */
  spawn(
    fn: AnyFunction,
    items: readonly unknown[],
    mode: ItemsMode | undefined,
    call: ControlledCall,
  ): Promise<ItemResults> | undefined {
    let isSubmitted = false;
    try {
      isSubmitted = this.#trySubmit(fn, items, mode, call);
      if (isSubmitted) call.submitted(undefined);
    } catch (error) {
      call.fail(error);
      return call.promise as Promise<ItemResults>;
    }
    if (!isSubmitted) {
      call.withdraw();
      return undefined;
    }
    this.#count(call.promise, items.length - 1);
    return call.promise as Promise<ItemResults>;
  }

  /** The same for a call that nothing cancels. */
  spawnPlain(
    fn: AnyFunction,
    items: readonly unknown[],
    mode: ItemsMode | undefined,
  ): Promise<ItemResults> | undefined {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    try {
      const plan = plainPlan(true, resolve);
      if (!this.#trySubmit(fn, items, mode, plan)) return undefined;
    } catch (error) {
      return Promise.reject(error);
    }
    this.#count(promise, items.length - 1);
    return promise as Promise<ItemResults>;
  }

  /** @throws If it was submitted, and then no stack was left. */
  #trySubmit(
    fn: AnyFunction,
    items: readonly unknown[],
    mode: ItemsMode | undefined,
    plan: Plan,
  ): boolean {
    try {
      const task = this.#numbers.of(fn);
      return this.#endpoint.compute.trySubmitItems(task, items, mode, plan);
    } catch (error) {
      // Otherwise nothing was submitted.
      if (!this.#endpoint.isInterrupted) return false;
      this.#endpoint.afterFailure();
      throw error;
    }
  }

  #find(fn: AnyFunction): ItemUse {
    try {
      const task = this.#numbers.of(fn);
      return {
        isShared: this.#functions.mayRunItems(task),
        findsCall: this.#functions.mayFindCall(task),
        isShort: false,
      };
    } catch {
      // The call for a single item reports why it cannot be sent.
      return ALONE;
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
