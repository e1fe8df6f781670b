/**
 * Spinning for a bounded moment.
 *
 * @module
 */

/** Rounds without a pause: an answer that comes at once is then seen at once. */
const EAGER_ROUNDS = 24;
/** Rounds between two looks at the clock, which costs more than a round. */
const ROUNDS_PER_LOOK = 32;

/** A moment during which a thread looks again and again before it sleeps. */
export class Spin {
  readonly #windowMs: number;
  #extraMs = 0;
  #rounds = 0;
  #endMs = 0;

  /** @param windowUs Length of the moment; 0 never spins. */
  constructor(windowUs: number) {
    this.#windowMs = windowUs / 1000;
  }

  /** Begins a new moment, longer by `extraUs` unless this never spins. */
  start(extraUs: number = 0): void {
    this.#rounds = 0;
    this.#extraMs = extraUs / 1000;
  }

  /** Waits a few cycles and returns true, or false when the moment is over. */
  again(): boolean {
    if (++this.#rounds < EAGER_ROUNDS) return this.#windowMs !== 0;
    Atomics.pause();
    return this.#rounds % ROUNDS_PER_LOOK !== 0 || !this.#isOver();
  }

  #isOver(): boolean {
    const now = performance.now();
    // The clock starts with the first look: the rounds before it are too short to count.
    if (this.#rounds === ROUNDS_PER_LOOK) {
      this.#endMs = now + this.#windowMs + this.#extraMs;
    }
    return now > this.#endMs;
  }
}
