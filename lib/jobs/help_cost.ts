/**
 * Whether the help of workers makes a loop faster.
 *
 * @module
 */

import type { Waiting } from "./loop.ts";
import type { LoopTimes } from "./loop_times.ts";

/** What help costs before it is measured, in milliseconds: the call, and until a worker starts. */
const FIRST_MS = 0.02;
const LEAST_MS = 0.005;
const MOST_MS = 0.5;
/** The gain must be so many times the cost: neither is known exactly. */
const MARGIN = 1.5;
/** A loop that takes longer says more about its items than about the cost of help. */
const SHORT_MS = 0.1;
/**
 * The part of one observation in the cost. What makes help dearer than it must be is often over
 * soon, such as a compiler or another program on the worker's CPU, so less of that counts.
 */
const LOWER_PART = 0.5;
const HIGHER_PART = 0.05;
/** A loop whose items perhaps wait for each other has help from here on, whatever it costs. */
const WAITING_MS = 0.02;
/** What remains of a cost that is above the first guess after a loop that did without help. */
const FORGET = 0.995;

/** Learns what help costs the loops of one thread. */
export class HelpCost {
  #ms = FIRST_MS;

  /**
   * Whether to ask for help.
   *
   * @param times What is known of the loop.
   * @param aloneMs How long the caller would probably take alone.
   * @param helpers How many workers may help.
   * @param waiting Whether items may wait for each other.
   */
  isWorth(
    times: LoopTimes,
    aloneMs: number,
    helpers: number,
    waiting: Waiting,
  ): boolean {
    if (helpers === 0) return false;
    if (waiting === "yes") return true;
    if (waiting === "perhaps") return aloneMs >= WAITING_MS;
    const gainMs = aloneMs * helpers / (helpers + 1);
    if (gainMs > MARGIN * this.#ms && times.mayGain) return true;
    times.rest(aloneMs);
    // The cost may have been high because the machine was busy.
    if (this.#ms > FIRST_MS) this.#ms *= FORGET;
    return false;
  }

  /** After how many milliseconds a loop that its caller began alone needs help after all. */
  limitMs(aloneMs: number, waiting: Waiting): number {
    if (waiting !== "no") return WAITING_MS;
    return 2 * MARGIN * this.#ms + aloneMs;
  }

  /** A loop with help took so long in all. */
  learn(times: LoopTimes, aloneMs: number, helpers: number, ms: number): void {
    if (aloneMs === Infinity) return;
    times.noteHelp(aloneMs, ms);
    if (aloneMs > SHORT_MS) return;
    const costMs = ms - aloneMs / (helpers + 1);
    const limited = Math.min(Math.max(costMs, LEAST_MS), MOST_MS);
    const part = limited < this.#ms ? LOWER_PART : HIGHER_PART;
    this.#ms += part * (limited - this.#ms);
  }
}
