/**
 * Which workers of a pool search or sleep, and which one to wake.
 *
 * @module
 */

import type { Parker } from "./parker.ts";
import type { Words } from "./words.ts";

// COUNTS: the number of searching workers in the low half, of sleeping workers in the high
// half. The low half is signed: a chosen worker may find a call and end its search before
// the thread that chose it has counted it as searching.
const ONE_SEARCHING = 1;
const ONE_SLEEPING = 1 << 16;

// The state that a worker stored last, for the worker that replaces it.
const RUNNING = 0;
const SEARCHING = 1;
const ASLEEP = 2;

/** What a worker does. */
export type WorkerActivity = "busy" | "searching" | "asleep";

/** No thread is chosen. */
const NO_THREAD = -1;

/** Where the words of one pool's idle set are. */
export interface IdleSetPlace {
  /** Word of the two counts. */
  readonly counts: number;
  /** First word of the set of sleeping threads, one bit per thread. */
  readonly sleepers: number;
  /** First word of the set of full workers, one bit per thread. */
  readonly full: number;
  /** For each thread, the word that says whether it runs, searches or sleeps. */
  readonly states: readonly number[];
}

/**
 * A worker without a call first *searches*, which means that it spins for a bounded time,
 * and then *sleeps*. A caller wakes a sleeping worker only when no worker searches. A
 * searching worker finds the call, and the last one to end its search wakes another worker
 * if more calls are there.
 */
export class IdleSet {
  readonly #words: Words;
  readonly #counts: number;
  readonly #sleepers: number;
  readonly #states: readonly number[];
  readonly #full: number;
  readonly #parkers: readonly Parker[];
  /** Whether full workers take no calls of this thread. */
  readonly #callsLimited: boolean;
  /** The only worker of a pool has no other to wake, so its searches are not counted. */
  readonly isAlone: boolean;
  /** The worker that this thread has chosen and not unparked yet. */
  #chosen = NO_THREAD;
  /** Whether COUNTS counts that worker as searching. */
  #isCounted = false;
  /** Whether this thread has cleared its bit in SLEEPERS, but not updated COUNTS yet. */
  #owesCount = false;
  /** Added to COUNTS when a worker falls asleep, subtracted when it wakes up. */
  readonly #fallAsleep: number;

  /**
   * @param parkers The parkers of all threads, by thread index.
   * @param workerCount Number of workers of this pool.
   * @param callsLimited Whether full workers take no calls of this thread.
   */
  constructor(
    words: Words,
    place: IdleSetPlace,
    parkers: readonly Parker[],
    workerCount: number,
    callsLimited: boolean = false,
  ) {
    this.#words = words;
    this.#counts = place.counts;
    this.#sleepers = place.sleepers;
    this.#full = place.full;
    this.#callsLimited = callsLimited;
    this.#states = place.states;
    this.#parkers = parkers;
    this.isAlone = workerCount === 1;
    this.#fallAsleep = this.isAlone
      ? ONE_SLEEPING
      : ONE_SLEEPING - ONE_SEARCHING;
  }

  /**
   * Resets a thread index whose worker has ended to running. The replacement calls this
   * first. Callers may have relied on the search of the ended worker; in that case this
   * wakes another worker.
   */
  resume(thread: number): void {
    this.setFull(thread, false);
    const state = this.#words.load(this.#states[thread]);
    if (state === ASLEEP) this.awake(thread);
    if (state !== RUNNING && this.endSearch(thread)) this.wakeOne();
  }

  /**
   * Whether a call that was just pushed needs a worker to be woken. The push comes before
   * this load, and both are sequentially consistent. A worker that falls asleep either is
   * seen here, or sees the call when it checks the rings after {@linkcode IdleSet.sleep}.
   */
  needsWake(): boolean {
    const counts = this.#words.load(this.#counts);
    return counts >= ONE_SLEEPING && searchingCount(counts) <= 0;
  }

  /**
   * A *full* worker takes no more calls of the main thread, until some of those that it runs
   * have settled. That worker only, and only while it runs code: nobody relies on it then.
   */
  setFull(thread: number, isFull: boolean): void {
    const bit = 1 << (thread & 31);
    const word = this.#full + (thread >> 5);
    if (isFull) this.#words.or(word, bit);
    else this.#words.and(word, ~bit);
  }

  /**
   * Number of workers that search or sleep and may take a call of this thread. It may be out
   * by a few while workers change their state.
   */
  get freeCount(): number {
    let count = Math.max(0, searchingCount(this.#words.load(this.#counts)));
    for (let word = 0; word * 32 < this.#parkers.length; word++) {
      let set = this.#sleeping(word, this.#callsLimited);
      for (; set !== 0; set &= set - 1) count++;
    }
    return count;
  }

  /**
   * Whether this worker searches or sleeps and may take a call of this thread. A lone worker
   * counts only while it sleeps.
   */
  isFree(thread: number): boolean {
    if (this.#words.load(this.#states[thread]) === RUNNING) return false;
    return !this.#callsLimited || !this.#isFull(thread);
  }

  /** What this worker does; a lone worker that searches counts as busy. */
  activityOf(thread: number): WorkerActivity {
    switch (this.#words.load(this.#states[thread])) {
      case SEARCHING:
        return "searching";
      case ASLEEP:
        return "asleep";
      default:
        return "busy";
    }
  }

  #isFull(thread: number): boolean {
    const set = this.#words.load(this.#full + (thread >> 5));
    return (set & (1 << (thread & 31))) !== 0;
  }

  /** One word of the set of sleeping workers, without full ones if so. */
  #sleeping(word: number, withoutFull: boolean): number {
    // In this order: a worker that is not full any more looks at the rings after that.
    const set = this.#words.load(this.#sleepers + word);
    return withoutFull && set !== 0
      ? set & ~this.#words.load(this.#full + word)
      : set;
  }

  /**
   * Wakes one sleeping worker, if there is one.
   *
   * @param withoutFull Only one that is not full; default if the calls are this thread's own.
   */
  wakeOne(withoutFull: boolean = this.#callsLimited): void {
    const words = this.#words;
    for (let word = 0; word * 32 < this.#parkers.length; word++) {
      let set = this.#sleeping(word, withoutFull);
      while (set !== 0) {
        const bit = set & -set;
        const thread = word * 32 + 31 - Math.clz32(bit);
        // Asleep => chosen. Only the thread that cleared the bit may unpark for it.
        if ((words.and(this.#sleepers + word, ~bit) & bit) !== 0) {
          this.#chosen = thread;
          this.#isCounted = false;
          return this.finishWake();
        }
        set = this.#sleeping(word, withoutFull);
      }
    }
  }

  /**
   * Wakes this worker if it sleeps. A call for it alone was just pushed: see
   * {@linkcode IdleSet.needsWake}.
   */
  wakeThread(thread: number): void {
    const bit = 1 << (thread & 31);
    const sleepers = this.#sleepers + (thread >> 5);
    // A load first: most workers that get such calls are awake.
    if ((this.#words.load(sleepers) & bit) === 0) return;
    // It takes the call when it is not full any more, and would sleep again until then.
    if (this.#callsLimited && this.#isFull(thread)) return;
    if ((this.#words.and(sleepers, ~bit) & bit) === 0) return;
    this.#chosen = thread;
    this.#isCounted = false;
    this.finishWake();
  }

  /** Whether this worker searches or sleeps. It may have found a call since. */
  isIdle(thread: number): boolean {
    return this.#words.load(this.#states[thread]) !== RUNNING;
  }

  /** Wakes every sleeping worker. */
  wakeAll(): void {
    for (let thread = 0; thread < this.#parkers.length; thread++) {
      this.wakeThread(thread);
    }
  }

  /**
   * Finishes a {@linkcode IdleSet.wakeOne} that has chosen a worker and then threw, because
   * no stack was left for a later step. Does nothing otherwise. Can be repeated.
   */
  finishWake(): void {
    const thread = this.#chosen;
    if (thread === NO_THREAD) return;
    if (!this.#isCounted) {
      // The worker counts as searching from here on, so other callers wake no second one.
      this.#words.add(this.#counts, -this.#fallAsleep);
      this.#isCounted = true;
    }
    this.#parkers[thread].unpark();
    this.#chosen = NO_THREAD;
  }

  /** Running => searching. */
  startSearch(thread: number): void {
    if (!this.isAlone) this.#countSearch(thread);
  }

  #countSearch(thread: number): void {
    this.#words.store(this.#states[thread], SEARCHING);
    this.#words.add(this.#counts, ONE_SEARCHING);
  }

  /**
   * Searching => running.
   *
   * @returns Whether this was the last search while others sleep. Callers have relied on
   * it, so the worker must call {@linkcode IdleSet.wakeOne} if more work is there. A worker
   * that was chosen but is not counted yet also gets true, because the thread that chose
   * it expects a search.
   */
  endSearch(thread: number): boolean {
    return !this.isAlone && this.#uncountSearch(thread);
  }

  #uncountSearch(thread: number): boolean {
    this.#words.store(this.#states[thread], RUNNING);
    const counts = this.#words.add(this.#counts, -ONE_SEARCHING);
    // No call after this step: if it threw, endSearch() would be repeated and count twice.
    return (counts << 16) >> 16 <= 1 && counts >= ONE_SLEEPING;
  }

  /** Searching => asleep. The worker must check for work again before it parks. */
  sleep(thread: number): void {
    this.#words.store(this.#states[thread], ASLEEP);
    this.#words.or(this.#sleepers + (thread >> 5), 1 << (thread & 31));
    this.#words.add(this.#counts, this.#fallAsleep);
  }

  /**
   * Asleep => searching, whatever woke the thread. When another thread chose the worker,
   * that thread updates COUNTS instead.
   */
  awake(thread: number): void {
    const bit = 1 << (thread & 31);
    const sleepers = this.#sleepers + (thread >> 5);
    if ((this.#words.and(sleepers, ~bit) & bit) !== 0) this.#owesCount = true;
    if (this.#owesCount) {
      this.#words.add(this.#counts, -this.#fallAsleep);
      this.#owesCount = false;
    }
    this.#words.store(this.#states[thread], this.isAlone ? RUNNING : SEARCHING);
  }
}

/** Number of searching workers; chosen ones that ended before they were counted count -1. */
function searchingCount(counts: number): number {
  return (counts << 16) >> 16;
}
