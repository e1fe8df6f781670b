/**
 * Calls for several items of a mapping.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import type { ControlledCall } from "../control/controlled_call.ts";
import type { ItemResults, ItemsMode } from "../calls/items.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Functions } from "../tasks/functions.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";

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

  /** Whether one call may run the function on several items. */
  mayRun(fn: AnyFunction): boolean {
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
  spawn(
    fn: AnyFunction,
    items: readonly unknown[],
    mode: ItemsMode | undefined,
    call: ControlledCall,
  ): Promise<ItemResults> | undefined {
    const { compute } = this.#endpoint;
    let isSubmitted = false;
    try {
      const task = this.#numbers.of(fn);
      isSubmitted = compute.trySubmitItems(task, items, mode, call);
      if (isSubmitted) call.submitted(undefined);
    } catch (error) {
      // Otherwise nothing was submitted.
      if (this.#endpoint.isInterrupted) {
        this.#endpoint.afterFailure();
        call.fail(error);
        return call.promise as Promise<ItemResults>;
      }
      isSubmitted = false;
    }
    if (!isSubmitted) {
      call.withdraw();
      return undefined;
    }
    this.#count(call.promise, items.length - 1);
    return call.promise as Promise<ItemResults>;
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
