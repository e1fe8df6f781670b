/**
 * How long a worker is busy, and how often it searches and parks.
 *
 * @module
 */

import {
  COUNT_BUSY_MS,
  COUNT_BUSY_SINCE,
  COUNT_PARKS,
  COUNT_SEARCHES,
  COUNT_WAKES,
  type ThreadMetrics,
} from "../bridge/metrics.ts";

/**
 * Counts the time of one worker by the readings of the clock that its searches need anyway, and
 * one after each park. A search that ends before its first reading, after about a microsecond,
 * counts as busy.
 */
export class BusyTime {
  readonly #metrics: ThreadMetrics;
  readonly #counts: Float64Array;

  constructor(metrics: ThreadMetrics) {
    this.#metrics = metrics;
    this.#counts = metrics.counts;
    // The worker that this one replaces may have ended while it was busy.
    this.start();
  }

  /** The worker begins to search. */
  search(): void {
    this.#counts[COUNT_SEARCHES]++;
  }

  /**
   * The search has read the clock, and has then found a call.
   *
   * @param firstMs Its first reading, by the clock of this thread.
   * @param lastMs Its last one.
   */
  find(firstMs: number, lastMs: number): void {
    const { offsetMs } = this.#metrics;
    this.#endAt(firstMs + offsetMs);
    this.#counts[COUNT_BUSY_SINCE] = lastMs + offsetMs;
  }

  /**
   * The search has found nothing, and the worker is about to park.
   *
   * @param firstMs The first reading of the search; 0 without one.
   */
  end(firstMs: number): void {
    const { offsetMs } = this.#metrics;
    this.#endAt(firstMs === 0 ? this.#metrics.now() : firstMs + offsetMs);
    this.#counts[COUNT_BUSY_SINCE] = 0;
  }

  /** The worker parks. */
  park(): void {
    this.#counts[COUNT_PARKS]++;
  }

  /** Another thread has woken it. */
  wake(): void {
    this.#counts[COUNT_WAKES]++;
  }

  /** It is awake. */
  start(): void {
    this.#counts[COUNT_BUSY_SINCE] = this.#metrics.now();
  }

  #endAt(nowMs: number): void {
    const counts = this.#counts;
    const sinceMs = counts[COUNT_BUSY_SINCE];
    if (sinceMs !== 0) counts[COUNT_BUSY_MS] += Math.max(0, nowMs - sinceMs);
  }
}
