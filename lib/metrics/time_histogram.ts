/**
 * How a set of times is distributed.
 *
 * @module
 */

import {
  addHistograms,
  bucketEndMs,
  HISTOGRAM_BUCKETS,
} from "../bridge/histogram.ts";

/** A bucket of a {@linkcode TimeHistogram} and its place. */
export interface TimeBucket {
  /** The times in it are below this, and not below the end of the bucket before. */
  readonly endMs: number;
  /** Number of these times. */
  readonly count: number;
}

/**
 * How a set of times is distributed, in milliseconds.
 *
 * The buckets are those of an HDR histogram: 16 to each power of two, so that a percentile is at
 * most 6 % too high. They reach from 122 ns to two hours.
 */
export class TimeHistogram {
  /** Number of times; an estimate where only a sample of calls is timed. */
  readonly count: number;
  /** Sum of all times. */
  readonly sumMs: number;
  /** The longest time; of a difference, that of the whole set. */
  readonly maxMs: number;
  readonly #buckets: Float64Array;

  private constructor(buckets: Float64Array, sumMs: number, maxMs: number) {
    this.count = buckets.reduce((sum, count) => sum + count, 0);
    this.sumMs = sumMs;
    this.maxMs = maxMs;
    this.#buckets = buckets;
  }

  /**
   * The times of several threads together.
   *
   * @internal
   */
  static of(all: readonly Float64Array[]): TimeHistogram {
    const { buckets, sumMs, maxMs } = addHistograms(all);
    return new TimeHistogram(buckets, sumMs, maxMs);
  }

  /** The mean; 0 without times. */
  get meanMs(): number {
    return this.count === 0 ? 0 : this.sumMs / this.count;
  }

  /**
   * The time that `percent` of the times do not exceed, rounded up to the end of its bucket; 0
   * without times.
   *
   * @param percent From 0 to 100, such as 99.
   */
  percentile(percent: number): number {
    const wanted = this.count * percent / 100;
    let seen = 0;
    for (let i = 0; i < HISTOGRAM_BUCKETS; i++) {
      seen += this.#buckets[i];
      if (seen !== 0 && seen >= wanted) {
        return Math.min(bucketEndMs(i), this.maxMs);
      }
    }
    return 0;
  }

  /** The buckets that are not empty, in ascending order. */
  buckets(): TimeBucket[] {
    return Array.from(this.#buckets, (count, i) => ({
      endMs: bucketEndMs(i),
      count,
    })).filter(({ count }) => count !== 0);
  }

  /** Number of times below a time, for one that is the end of a bucket, as powers of two are. */
  countBelow(ms: number): number {
    let count = 0;
    for (let i = 0; i < HISTOGRAM_BUCKETS && bucketEndMs(i) <= ms; i++) {
      count += this.#buckets[i];
    }
    return count;
  }

  /** What has been added since an earlier snapshot of the same set. */
  since(earlier: TimeHistogram): TimeHistogram {
    const buckets = this.#buckets.map((count, i) =>
      Math.max(0, count - earlier.#buckets[i])
    );
    const sumMs = Math.max(0, this.sumMs - earlier.sumMs);
    return new TimeHistogram(buckets, sumMs, this.maxMs);
  }

  /** Count, sum, maximum and percentiles, for JSON. */
  toJSON(): Record<string, number> {
    const { count, sumMs, meanMs, maxMs } = this;
    const at = (percent: number) => this.percentile(percent);
    return {
      count,
      sumMs,
      meanMs,
      maxMs,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
    };
  }
}
