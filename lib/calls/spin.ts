/**
 * Spins for a bounded time.
 *
 * @module
 */

/** Rounds without a pause, for results that come at once. */
const EAGER_ROUNDS = 24;
/** Rounds between two readings of the clock, which cost more than a round. */
const ROUNDS_PER_LOOK = 32;
/**
 * Most rounds in a microsecond. A round takes longer than 10 ns, so this ends the spinning
 * only when the clock stands still, such as the fake clock of a test.
 */
const MAX_ROUNDS_PER_US = 100;

/** The time for which a thread polls before it sleeps. */
export class Spin {
  readonly #windowMs: number;
  #extraUs = 0;
  #rounds = 0;
  #endMs = 0;
  /** The first reading of the clock since the start; 0 until it is read. */
  firstMs = 0;
  /** The last one. */
  lastMs = 0;

  /** @param windowUs How long to spin; 0 never spins. */
  constructor(windowUs: number) {
    this.#windowMs = windowUs / 1000;
  }

  /** Starts to spin, longer by `extraUs` unless this never spins. */
  start(extraUs: number = 0): void {
    this.#rounds = 0;
    this.firstMs = 0;
    this.#extraUs = extraUs;
  }

  /** Pauses for a few cycles and returns true; returns false when the time is over. */
  again(): boolean {
    if (++this.#rounds < EAGER_ROUNDS) return this.#windowMs !== 0;
    Atomics.pause();
    return this.#rounds % ROUNDS_PER_LOOK !== 0 || !this.#isOver();
  }

  #isOver(): boolean {
    const now = this.lastMs = performance.now();
    const spinMs = this.#windowMs + this.#extraUs / 1000;
    if (this.#rounds > spinMs * 1000 * MAX_ROUNDS_PER_US) return true;
    // The time starts at the first reading; the rounds before it are too short to count.
    if (this.#rounds === ROUNDS_PER_LOOK) {
      this.#endMs = now + spinMs;
      this.firstMs = now;
    }
    return now > this.#endMs;
  }
}
