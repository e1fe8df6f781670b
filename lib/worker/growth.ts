/**
 * Notices that a worker has done enough calls, or has grown too large.
 *
 * @module
 */

import process from "node:process";

/** Calls between two looks at the heap. */
const CALLS_PER_LOOK = 1024;
/** Without limits, it is asked this seldom; a power of two. */
const MAX_CALLS = 2 ** 24;

/** The settings of the same names. */
export interface GrowthLimits {
  readonly recycleCalls: number | undefined;
  readonly recycleHeapMb: number | undefined;
}

/** What makes a worker ask for a successor. */
export class Growth {
  /** Number of calls until {@linkcode Growth.look}, from 1 on. */
  readonly callsPerLook: number;
  readonly #calls: number;
  readonly #heapBytes: number;
  readonly #onReached: () => void;
  #doneCount = 0;
  #hasAsked = false;

  /** @param onReached Called once. */
  constructor(
    { recycleCalls, recycleHeapMb }: GrowthLimits,
    onReached: () => void,
  ) {
    this.#calls = recycleCalls ?? Infinity;
    this.#heapBytes = (recycleHeapMb ?? Infinity) * 2 ** 20;
    this.#onReached = onReached;
    const most = recycleHeapMb === undefined ? MAX_CALLS : CALLS_PER_LOOK;
    this.callsPerLook = Math.min(this.#calls, most);
  }

  /** The worker has taken `callsPerLook` calls since the last look. */
  look(): void {
    this.#doneCount += this.callsPerLook;
    if (this.#hasAsked) return;
    this.#hasAsked = this.#doneCount >= this.#calls ||
      (this.#heapBytes !== Infinity && this.#isLarge());
    if (this.#hasAsked) this.#onReached();
  }

  #isLarge(): boolean {
    const { getHeapStatistics } = process.getBuiltinModule("node:v8");
    return getHeapStatistics().used_heap_size >= this.#heapBytes;
  }
}
