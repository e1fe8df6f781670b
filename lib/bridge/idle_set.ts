/**
 * Which workers of a pool sleep, and whom to wake.
 *
 * @module
 */

import type { Parker } from "./parker.ts";
import type { Words } from "./words.ts";

// COUNTS: searching workers in the low half, sleeping ones in the high half. The low half
// has a sign: a worker that was chosen and found a call by itself can end its search before
// whoever chose it has counted it.
const ONE_SEARCHING = 1;
const ONE_SLEEPING = 1 << 16;

// What a worker last said of itself, for the worker that takes its place.
const RUNNING = 0;
const SEARCHING = 1;
const ASLEEP = 2;

/** No thread is chosen. */
const NO_THREAD = -1;

/** Where in the words the idle set of one pool is. */
export interface IdleSetPlace {
  /** Word of the two counts. */
  readonly counts: number;
  /** First word of the set of sleeping threads, a bit per thread. */
  readonly sleepers: number;
  /** For each thread, the word in which it says whether it runs, searches or sleeps. */
  readonly states: readonly number[];
}

/**
 * A worker without a call first *searches*, spinning for a moment, and then *sleeps*. A
 * caller wakes a sleeper only when nobody searches: whoever searches will find the call,
 * and the last searcher to find one wakes the next sleeper if there is more.
 */
export class IdleSet {
  readonly #words: Words;
  readonly #counts: number;
  readonly #sleepers: number;
  readonly #states: readonly number[];
  readonly #parkers: readonly Parker[];
  /** A lone worker never searches while another sleeps: its searches need no count. */
  readonly #alone: boolean;
  /** The worker that this thread has chosen and not unparked yet. */
  #chosen = NO_THREAD;
  /** Whether COUNTS says so already. */
  #isCounted = false;
  /** This thread has left SLEEPERS, and COUNTS does not say so yet. */
  #owesCount = false;
  /** Added to COUNTS when a worker falls asleep, taken off when it is woken. */
  readonly #fallAsleep: number;

  /**
   * @param parkers The parkers of all threads, by thread index.
   * @param workerCount Workers of this pool.
   */
  constructor(
    words: Words,
    place: IdleSetPlace,
    parkers: readonly Parker[],
    workerCount: number,
  ) {
    this.#words = words;
    this.#counts = place.counts;
    this.#sleepers = place.sleepers;
    this.#states = place.states;
    this.#parkers = parkers;
    this.#alone = workerCount === 1;
    this.#fallAsleep = this.#alone
      ? ONE_SLEEPING
      : ONE_SLEEPING - ONE_SEARCHING;
  }

  /**
   * Counts a worker that has ended as running, whatever it was; its successor calls it.
   * Callers may have relied on its search: then somebody else gets woken.
   */
  resume(thread: number): void {
    const state = this.#words.load(this.#states[thread]);
    if (state === ASLEEP) this.awake(thread);
    if (state !== RUNNING && this.endSearch(thread)) this.wakeOne();
  }

  /**
   * Whether a call that was just pushed needs somebody to be woken. The push comes first
   * and this load second, both sequentially consistent: a worker that falls asleep
   * either is seen here, or sees the call when it looks once more.
   */
  needsWake(): boolean {
    const counts = this.#words.load(this.#counts);
    return counts >= ONE_SLEEPING && searchingCount(counts) <= 0;
  }

  /** Wakes one sleeping worker, if there is one. */
  wakeOne(): void {
    const words = this.#words;
    for (let word = 0; word * 32 < this.#parkers.length; word++) {
      let set = words.load(this.#sleepers + word);
      while (set !== 0) {
        const bit = set & -set;
        const thread = word * 32 + 31 - Math.clz32(bit);
        // Asleep => chosen. Only the thread that took the bit may unpark for it.
        if ((words.and(this.#sleepers + word, ~bit) & bit) !== 0) {
          this.#chosen = thread;
          this.#isCounted = false;
          return this.finishWake();
        }
        set = words.load(this.#sleepers + word);
      }
    }
  }

  /**
   * The rest of {@linkcode IdleSet.wakeOne}, which ends half-way when there is no stack left
   * for one of its steps: call this again then. Does nothing otherwise.
   */
  finishWake(): void {
    const thread = this.#chosen;
    if (thread === NO_THREAD) return;
    if (!this.#isCounted) {
      // It counts as searching from now on, so that nobody wakes a second one.
      this.#words.add(this.#counts, -this.#fallAsleep);
      this.#isCounted = true;
    }
    this.#parkers[thread].unpark();
    this.#chosen = NO_THREAD;
  }

  /** Running => searching. */
  startSearch(thread: number): void {
    if (this.#alone) return;
    this.#words.store(this.#states[thread], SEARCHING);
    this.#words.add(this.#counts, ONE_SEARCHING);
  }

  /**
   * Searching => running. True for the last searcher, who must now wake another if there
   * is more to do: callers have relied on it. So must one who was chosen and not counted
   * yet: whoever chose it wanted somebody to come, and it does not.
   */
  endSearch(thread: number): boolean {
    if (this.#alone) return false;
    this.#words.store(this.#states[thread], RUNNING);
    const counts = this.#words.add(this.#counts, -ONE_SEARCHING);
    // No call behind this step: without stack for one it would be done twice.
    return (counts << 16) >> 16 <= 1 && counts >= ONE_SLEEPING;
  }

  /** Searching => asleep. Look for work once more before really parking. */
  sleep(thread: number): void {
    this.#words.store(this.#states[thread], ASLEEP);
    this.#words.or(this.#sleepers + (thread >> 5), 1 << (thread & 31));
    this.#words.add(this.#counts, this.#fallAsleep);
  }

  /**
   * Asleep => searching, for whatever reason the thread woke. When a caller chose it, that
   * has done the counting on its behalf.
   */
  awake(thread: number): void {
    const bit = 1 << (thread & 31);
    const sleepers = this.#sleepers + (thread >> 5);
    if ((this.#words.and(sleepers, ~bit) & bit) !== 0) this.#owesCount = true;
    if (this.#owesCount) {
      this.#words.add(this.#counts, -this.#fallAsleep);
      this.#owesCount = false;
    }
    this.#words.store(this.#states[thread], this.#alone ? RUNNING : SEARCHING);
  }
}

/** Searching workers less those that were chosen and are not counted yet. */
function searchingCount(counts: number): number {
  return (counts << 16) >> 16;
}
