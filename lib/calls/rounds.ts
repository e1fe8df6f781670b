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
  readonly #scheduled = (): void => {
    this.#isScheduled = false;
    this.#round();
  };
  readonly #turn = (): void => {
    this.#turnStartMs = performance.now();
    this.#scheduled();
  };
  #isScheduled = false;
  #untilLook = ROUNDS_PER_LOOK;
  #turnStartMs = 0;

  constructor(round: () => void) {
    this.#round = round;
  }

  /** Runs the function once more, soon; never twice, however often this is called. */
  next(): void {
    if (this.#isScheduled) return;
    if (this.#untilLook > 0) {
      this.#untilLook--;
      queueMicrotask(this.#scheduled);
    } else {
      this.#untilLook = ROUNDS_PER_LOOK;
      if (performance.now() - this.#turnStartMs >= TURN_MS) {
        return this.nextTurn();
      }
      queueMicrotask(this.#scheduled);
    }
    this.#isScheduled = true;
  }

  /** Runs the function once more, after timers and I/O that are due. */
  nextTurn(): void {
    if (this.#isScheduled) return;
    setImmediate(this.#turn);
    this.#isScheduled = true;
  }
}
