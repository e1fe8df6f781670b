/**
 * Rounds of work on a thread that also has an event loop to serve.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** Rounds between two looks at the clock. */
const ROUNDS_PER_LOOK = 64;
/** How long rounds may follow each other before timers and I/O get their turn. */
const TURN_MS = 2;

/**
 * Runs one function again and again: as a microtask, so that the reactions of promises
 * settled in one round run before the next, and every few milliseconds behind the timers
 * and I/O that are due.
 */
export class Rounds {
  readonly #round: () => void;
  #untilLook = ROUNDS_PER_LOOK;
  #turnStartMs = 0;

  constructor(round: () => void) {
    this.#round = round;
  }

  /** Runs the function once more, soon. */
  next(): void {
    if (--this.#untilLook !== 0) return queueMicrotask(this.#round);
    this.#untilLook = ROUNDS_PER_LOOK;
    if (performance.now() - this.#turnStartMs < TURN_MS) {
      queueMicrotask(this.#round);
    } else this.nextTurn();
  }

  /** Runs the function once more, after timers and I/O that are due. */
  nextTurn(): void {
    setImmediate(() => {
      this.#turnStartMs = performance.now();
      this.#round();
    });
  }
}
