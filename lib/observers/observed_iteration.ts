/**
 * An iteration over results that is observed as one operation.
 *
 * @module
 */

import { NO_WRAPPERS, type Wrapper } from "../calls/wrappers.ts";
import type { Observed } from "./observed.ts";
import type { Carrier } from "./observers.ts";

/** Begins with the first result that is wanted, and ends with the iteration. */
export class ObservedIteration {
  readonly #begin: () => Observed | undefined;
  readonly #signal: AbortSignal | undefined;
  #observed: Observed | undefined;
  #hasBegun = false;
  #items = 0;

  /**
   * @param begin Tells the observers.
   * @param signal What cancels the iteration.
   */
  constructor(begin: () => Observed | undefined, signal?: AbortSignal) {
    this.#begin = begin;
    this.#signal = signal;
  }

  /** What its calls carry. */
  get wrappers(): readonly Wrapper[] {
    return this.#observed?.wrappers ?? NO_WRAPPERS;
  }

  /** What goes with its items to other processes. */
  get carrier(): Carrier | undefined {
    return this.#observed?.carrier;
  }

  /** The same iteration, observed. */
  wrap<T>(inner: AsyncIterableIterator<T>): AsyncIterableIterator<T> {
    const outer: AsyncIterableIterator<T> = {
      next: () => {
        if (!this.#hasBegun) {
          this.#hasBegun = true;
          this.#observed = this.#begin();
        }
        const next = inner.next();
        const observed = this.#observed;
        return observed === undefined ? next : this.#watch(observed, next);
      },
      return: async (value) => {
        this.#hasBegun = true;
        const result = await inner.return!(value);
        this.#observed?.end({ outcome: "ok", items: this.#items });
        return result;
      },
      [Symbol.asyncIterator]: () => outer,
    };
    return outer;
  }

  async #watch<T>(
    observed: Observed,
    next: Promise<IteratorResult<T>>,
  ): Promise<IteratorResult<T>> {
    try {
      const result = await next;
      if (result.done) observed.end({ outcome: "ok", items: this.#items });
      else this.#items++;
      return result;
    } catch (error) {
      observed.fail(error, this.#signal, { items: this.#items });
      throw error;
    }
  }
}
