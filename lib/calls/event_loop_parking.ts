/**
 * Parking on a thread's event loop.
 *
 * @module
 */

import type { Parker } from "../bridge/parker.ts";

/**
 * Parks a thread without blocking it. At most one `Atomics.waitAsync` is outstanding: a wait
 * cannot be cancelled, so a thread that becomes active for another reason keeps its wait for
 * the next time.
 */
export class EventLoopParking {
  readonly #parker: Parker;
  readonly #onWake: () => void;
  readonly #woken = () => {
    this.#outstanding = false;
    this.#parker.takeToken();
    this.#onWake();
  };
  #outstanding = false;

  /** @param onWake Called once when a wait ends, after its token was taken. */
  constructor(parker: Parker, onWake: () => void) {
    this.#parker = parker;
    this.#onWake = onWake;
  }

  /** Whether a wait is outstanding; the thread must not block in the parker then. */
  get isOutstanding(): boolean {
    return this.#outstanding;
  }

  /**
   * Starts a wait unless one is outstanding.
   *
   * @returns False, with no wait started, when there was a token, which this takes.
   */
  tryPark(): boolean {
    if (this.#outstanding) return true;
    const wake = this.#parker.parkAsync();
    if (wake === null) return false;
    this.#outstanding = true;
    wake.then(this.#woken);
    return true;
  }
}
