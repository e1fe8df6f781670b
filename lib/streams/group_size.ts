/**
 * How many items share a call.
 *
 * @module
 */

/** A call should take about this long, in microseconds: many times what a call costs. */
const TARGET_US = 50;
/** Most items of one call: with more, the cost of a call no longer matters. */
const MAX_SIZE = 256;
/** Of the items that have a call of their own, one in so many is measured. */
const MEASURE_EVERY = 16;
/** The same while items take little time, so that a measured call costs more than they do. */
const MEASURE_SHORT_EVERY = 64;
/** After a call that took too long, so many must be short before calls get longer again. */
const SHORT_CALLS = 8;

/**
 * Decides from the time that items took how many share a call. It starts with one, at most
 * doubles, and falls at once when items take longer.
 */
export class GroupSize {
  #size = 1;
  #untilMeasured = 0;
  #shortCallsNeeded = 0;
  #isOff = false;
  #isKnown = false;

  /** Number of items that share a call. */
  get current(): number {
    return this.#size;
  }

  /** Whether the last items took little time; undefined if none was measured. */
  get isShort(): boolean | undefined {
    return this.#isKnown ? this.#size > 1 : undefined;
  }

  /** Whether an item that has a call of its own should be measured. */
  takeMeasured(): boolean {
    if (this.#isOff || --this.#untilMeasured > 0) return false;
    this.#untilMeasured = this.#size > 1 ? MEASURE_SHORT_EVERY : MEASURE_EVERY;
    return true;
  }

  /** From now on, each item has a call of its own. */
  turnOff(): void {
    this.#isOff = true;
    this.#size = 1;
  }

  /** A call for so many items has taken so long. */
  note(items: number, elapsedUs: number): void {
    if (this.#isOff) return;
    this.#isKnown = true;
    if (elapsedUs === Infinity) return this.turnOff();
    const fitting = Math.floor(TARGET_US * items / elapsedUs);
    if (fitting < this.#size) {
      if (this.#size > 1) this.#shortCallsNeeded = SHORT_CALLS;
      this.#size = Math.max(1, fitting);
    } else if (this.#shortCallsNeeded > 0) {
      this.#shortCallsNeeded--;
    } else if (items === this.#size) {
      this.#size = Math.min(2 * this.#size, fitting, MAX_SIZE);
    }
  }
}
