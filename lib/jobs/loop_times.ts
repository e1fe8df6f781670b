/**
 * How long the items of one loop take.
 *
 * @module
 */

/** The part of a longer time in what an item is expected to take: it may have been a pause. */
const LONGER_PART = 0.25;
/** The same of what is better, or worse, in what is expected of help. */
const BETTER_PART = 0.5;
const WORSE_PART = 0.25;
const WORST = 2;
/** Of loops that are shorter, one in so many is timed: two looks at the clock cost as much. */
const UNTIMED_MS = 0.003;
const UNTIMED_LOOPS = 8;
/** What remains of bad experience with help after a loop without: the reason may be gone. */
const FORGET = 0.995;

/** What a thread has learned of a loop. */
export class LoopTimes {
  #itemMs = Infinity;
  #helpedPart = 0;
  #untimed = 0;

  /** How long an item takes without help, in milliseconds; Infinity before the first loop. */
  get itemMs(): number {
    return this.#itemMs;
  }

  /**
   * What part of its time without help the loop takes with help, but for what help costs. Items
   * that wait for memory, or threads that share a CPU, gain less than the number of threads
   * promises.
   *
   * @param helpers How many workers help.
   */
  helpedPart(helpers: number): number {
    return Math.max(this.#helpedPart, 1 / (helpers + 1));
  }

  /** Whether to time a loop of so many items. */
  isDue(length: number): boolean {
    if (this.#itemMs * length < UNTIMED_MS && ++this.#untimed < UNTIMED_LOOPS) {
      return false;
    }
    this.#untimed = 0;
    return true;
  }

  /** An item took so long. */
  noteItem(ms: number): void {
    this.#itemMs = this.#itemMs < ms
      ? this.#itemMs + LONGER_PART * (ms - this.#itemMs)
      : ms;
  }

  /** Helpers were so quick that this thread ran nothing: an item took no longer than that. */
  noteMost(ms: number): void {
    this.#itemMs = Math.min(this.#itemMs, ms);
  }

  /** A loop with help took such a part. */
  noteHelp(part: number): void {
    const change = Math.min(part, WORST) - this.#helpedPart;
    this.#helpedPart += (change < 0 ? BETTER_PART : WORSE_PART) * change;
  }

  /** The loop did without help. */
  forget(): void {
    this.#helpedPart *= FORGET;
  }
}
