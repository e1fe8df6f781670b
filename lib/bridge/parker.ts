/**
 * Parks one thread and lets any other unpark it.
 *
 * @module
 */

import type { Words } from "./words.ts";

const EMPTY = 0;
const PARKED = 1;
const NOTIFIED = 2;

/**
 * A token for one thread: {@linkcode Parker.unpark} leaves it, park takes it. An unpark
 * that comes before the park is kept, so no wake-up is lost; several count as one.
 */
export class Parker {
  readonly #words: Words;
  readonly #index: number;
  #owesNotify = false;

  /** @param index The word of the parked thread; nothing else writes it. */
  constructor(words: Words, index: number) {
    this.#words = words;
    this.#index = index;
  }

  /** Blocks this thread until a token is there, and takes it. */
  park(): void {
    const words = this.#words;
    const index = this.#index;
    // EMPTY => PARKED. If a token is already here, do not sleep.
    if (words.compareExchange(index, EMPTY, PARKED) !== NOTIFIED) {
      // wait() returns at once if unpark() came first: no wake-up is lost.
      while (words.load(index) === PARKED) words.wait(index, PARKED);
    }
    // NOTIFIED => EMPTY. Exchange, not store: it must read the newest token, so that
    // everything written before that unpark() is visible here.
    words.exchange(index, EMPTY);
  }

  /**
   * Like {@linkcode Parker.park} for a thread that goes back to its event loop: null
   * when a token was there (it is taken), else a promise for the next one. The token
   * stays until {@linkcode Parker.takeToken}.
   */
  parkAsync(): Promise<unknown> | null {
    const words = this.#words;
    const index = this.#index;
    // EMPTY => PARKED, or PARKED already from a wait that was never answered.
    if (words.compareExchange(index, EMPTY, PARKED) !== NOTIFIED) {
      const wait = words.waitAsync(index, PARKED);
      if (wait !== null) return wait;
    }
    // NOTIFIED => EMPTY.
    words.exchange(index, EMPTY);
    return null;
  }

  /** Takes the token after a promise of {@linkcode Parker.parkAsync} was fulfilled. */
  takeToken(): void {
    this.#words.exchange(this.#index, EMPTY);
  }

  /** Leaves a token and wakes the thread if it is parked. */
  unpark(): void {
    // any => NOTIFIED. Publishes what was written before; pairs with the exchanges above.
    if (
      this.#words.exchange(this.#index, NOTIFIED) === PARKED || this.#owesNotify
    ) {
      // Without stack for the call the notify is still owed: see IdleSet.finishWake().
      this.#owesNotify = true;
      this.#words.notify(this.#index);
      this.#owesNotify = false;
    }
  }
}
