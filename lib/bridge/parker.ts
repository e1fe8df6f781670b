/**
 * Parks one thread until another unparks it.
 *
 * @module
 */

import type { Words } from "./words.ts";

const EMPTY = 0;
const PARKED = 1;
const NOTIFIED = 2;

/**
 * At most one token for one thread: {@linkcode Parker.unpark} leaves it, and
 * {@linkcode Parker.park} takes it. An unpark before the park is not lost, because the
 * token stays; several unparks leave one token.
 */
export class Parker {
  readonly #words: Words;
  readonly #index: number;
  /** Whether this thread has found PARKED, but not notified yet. */
  #owesNotify = false;

  /** @param index The thread's word; only its parkers write it. */
  constructor(words: Words, index: number) {
    this.#words = words;
    this.#index = index;
  }

  /**
   * Blocks this thread until there is a token, and takes it.
   *
   * @param limitMs How long to wait for a token; without a limit by default.
   * @returns False if there was none in that time.
   */
  park(limitMs?: number): boolean {
    const words = this.#words;
    const index = this.#index;
    // EMPTY => PARKED, unless a token is there already.
    if (words.compareExchange(index, EMPTY, PARKED) !== NOTIFIED) {
      // wait() returns at once if unpark() came first, so no wake-up is lost.
      while (
        words.load(index) === PARKED && words.wait(index, PARKED, limitMs)
      );
    }
    // NOTIFIED or, after the limit, PARKED => EMPTY. Exchange, not store: it must read the
    // newest token, so that everything written before that unpark() is visible here.
    return words.exchange(index, EMPTY) === NOTIFIED;
  }

  /**
   * Like {@linkcode Parker.park}, for a thread that returns to its event loop.
   *
   * @returns Null when there was a token, which this takes. Otherwise a promise that is
   * fulfilled by the next unpark; call {@linkcode Parker.takeToken} then.
   */
  parkAsync(): Promise<unknown> | null {
    const words = this.#words;
    const index = this.#index;
    // EMPTY => PARKED. It may be PARKED already: a thread that ended left it so.
    if (words.compareExchange(index, EMPTY, PARKED) !== NOTIFIED) {
      const wait = words.waitAsync(index, PARKED);
      if (wait !== null) return wait;
    }
    // NOTIFIED => EMPTY.
    words.exchange(index, EMPTY);
    return null;
  }

  /** Takes the token after the promise of {@linkcode Parker.parkAsync} is fulfilled. */
  takeToken(): void {
    this.#words.exchange(this.#index, EMPTY);
  }

  /** Leaves a token and wakes the thread if it is parked. */
  unpark(): void {
    // Any => NOTIFIED. Publishes what was written before; pairs with the exchanges above.
    if (
      this.#words.exchange(this.#index, NOTIFIED) === PARKED || this.#owesNotify
    ) {
      // If no stack is left for notify(), the next unpark makes up for it.
      this.#owesNotify = true;
      this.#words.notify(this.#index);
      this.#owesNotify = false;
    }
  }
}
