/**
 * Spinning for a bounded moment.
 *
 * @module
 */

/** Rounds between two looks at the clock, which costs more than a round. */
const ROUNDS_PER_LOOK = 32;

/** A moment during which a thread looks again and again before it sleeps. */
export class Spin {
  readonly #windowMs: number;
  #rounds = 0;
  #endMs = 0;

  /** @param windowUs Length of the moment; 0 never spins. */
  constructor(windowUs: number) {
    this.#windowMs = windowUs / 1000;
  }

  /** Begins a new moment. */
  start(): void {
    this.#rounds = 0;
  }

  /** Waits a few cycles and returns true, or false when the moment is over. */
  again(): boolean {
    if (this.#rounds++ % ROUNDS_PER_LOOK === 0) {
      if (this.#rounds === 1) {
        if (this.#windowMs === 0) return false;
        this.#endMs = -1;
      } else {
        const now = performance.now();
        if (this.#endMs < 0) this.#endMs = now + this.#windowMs;
        else if (now > this.#endMs) return false;
      }
    }
    Atomics.pause();
    return true;
  }
}
