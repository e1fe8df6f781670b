/**
 * How long the items of one loop take, and whether help has made it faster.
 *
 * @module
 */

/** The part of a longer time in what an item is expected to take: it may have been a pause. */
const LONGER_PART = 0.25;
/**
 * After so many loops in a row that took longer with help, the loop does without. Not after one:
 * that may have been a pause of the machine, or a worker that slept and is awake now.
 */
const MISSES = 4;
/** It does without for so many times what they took longer: trying again costs a twentieth. */
const PATIENCE = 20;
/** Of loops that are shorter, one in so many is timed: two looks at the clock cost as much. */
const UNTIMED_MS = 0.003;
const UNTIMED_LOOPS = 8;

/** What a thread has learned of a loop. */
export class LoopTimes {
  #itemMs = Infinity;
  #untimed = 0;
  #misses = 0;
  #wastedMs = 0;
  #restMs = 0;

  /** How long an item takes without help, in milliseconds; Infinity before the first loop. */
  get itemMs(): number {
    return this.#itemMs;
  }

  /**
   * Whether help may make the loop faster, as far as is known. Items that wait for memory, and
   * threads that share a CPU, gain less than the number of threads promises.
   */
  get mayGain(): boolean {
    return this.#restMs <= 0;
  }

  /** Whether to time a loop of so many items that does without help. */
  isDue(length: number): boolean {
    if (this.#itemMs * length < UNTIMED_MS && ++this.#untimed < UNTIMED_LOOPS) {
      return false;
    }
    this.#untimed = 0;
    return true;
  }

  /** An item took so long without help. */
  noteItem(ms: number): void {
    this.#itemMs = this.#itemMs < ms
      ? this.#itemMs + LONGER_PART * (ms - this.#itemMs)
      : ms;
  }

  /** An item took no longer than that, perhaps because other threads were busy as well. */
  noteMost(ms: number): void {
    this.#itemMs = Math.min(this.#itemMs, ms);
  }

  /** A loop took so long with help. */
  noteHelp(aloneMs: number, ms: number): void {
    if (ms < aloneMs) {
      this.#misses = this.#wastedMs = 0;
      return;
    }
    this.#wastedMs += ms - aloneMs;
    if (++this.#misses < MISSES) return;
    this.#restMs = PATIENCE * this.#wastedMs;
    this.#misses = this.#wastedMs = 0;
  }

  /** A loop does without help that takes so long. */
  rest(aloneMs: number): void {
    if (this.#restMs > 0) this.#restMs -= aloneMs;
  }
}
