/**
 * Waiting on a thread's event loop.
 *
 * @module
 */

import type { Parker } from "../bridge/parker.ts";

/**
 * Parks a thread without blocking it, and keeps at most one `Atomics.waitAsync`
 * outstanding: a wait cannot be taken back, so a thread that becomes active for another
 * reason keeps the old wait for the next time.
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

  /** @param onWake Called once for each wait that ends, after its token was taken. */
  constructor(parker: Parker, onWake: () => void) {
    this.#parker = parker;
    this.#onWake = onWake;
  }

  /** Whether a wait has not ended: its thread must not block in the same parker. */
  get isOutstanding(): boolean {
    return this.#outstanding;
  }

  /** Starts a wait unless one is outstanding. False, and no wait, when a token was there. */
  tryPark(): boolean {
    if (this.#outstanding) return true;
    const wake = this.#parker.parkAsync();
    if (wake === null) return false;
    this.#outstanding = true;
    wake.then(this.#woken);
    return true;
  }
}
