/**
 * Histograms of times in shared memory.
 *
 * @module
 */

// Histogram, in float64:
//   SUM      milliseconds of all records
//   MAX      the longest
//   BUCKETS  how many records each bucket has
//
// The buckets are log-linear, as those of an HDR histogram: each power of two has
// BUCKETS_PER_OCTAVE of them, all of the same width. One thread writes, with plain stores, and
// any thread may read. A reader may see a record in a bucket and not yet in SUM.

const SUM = 0;
const MAX = 1;
const BUCKETS = 2;

/** Bits of the mantissa that choose the bucket in a power of two. */
const SUB_BITS = 4;
const BUCKETS_PER_OCTAVE = 1 << SUB_BITS;
/** The first bucket has all times below 2^-13 ms, which is 122 ns. */
const FIRST_EXPONENT = -13;
/** The last bucket has all times from 2^23 ms on, which is more than two hours. */
const LAST_EXPONENT = 23;

/** Number of buckets. */
export const HISTOGRAM_BUCKETS: number =
  (LAST_EXPONENT - FIRST_EXPONENT) * BUCKETS_PER_OCTAVE + 2;
/** Float64 values of one histogram. */
export const HISTOGRAM_FLOATS: number = BUCKETS + HISTOGRAM_BUCKETS;

// The bits of a number, to find its bucket without a logarithm.
const number = new Float64Array(1);
const halves = new Uint32Array(number.buffer);
/** The half with the exponent; all platforms that loom supports are little-endian. */
const HIGH = 1;
const EXPONENT_BIAS = 1023;

/** The bucket of a time in milliseconds. */
export function bucketOf(ms: number): number {
  if (!(ms >= 2 ** FIRST_EXPONENT)) return 0;
  if (ms >= 2 ** LAST_EXPONENT) return HISTOGRAM_BUCKETS - 1;
  number[0] = ms;
  const top = halves[HIGH] >>> (20 - SUB_BITS);
  return 1 + top - ((FIRST_EXPONENT + EXPONENT_BIAS) << SUB_BITS);
}

/** Where a bucket ends, in milliseconds; the last one ends nowhere. */
export function bucketEndMs(bucket: number): number {
  if (bucket === HISTOGRAM_BUCKETS - 1) return Infinity;
  const exponent = FIRST_EXPONENT + Math.floor(bucket / BUCKETS_PER_OCTAVE);
  const part = bucket % BUCKETS_PER_OCTAVE;
  return 2 ** exponent * (1 + part / BUCKETS_PER_OCTAVE);
}

/** Writes one histogram. */
export class Histogram {
  readonly #floats: Float64Array;

  /** @param floats The {@linkcode HISTOGRAM_FLOATS} values of the histogram. */
  constructor(floats: Float64Array) {
    this.#floats = floats;
  }

  /** Adds a time as `weight` records of it. */
  add(ms: number, weight: number): void {
    const floats = this.#floats;
    floats[BUCKETS + bucketOf(ms)] += weight;
    floats[SUM] += ms * weight;
    if (ms > floats[MAX]) floats[MAX] = ms;
  }
}

/** What several histograms have together. */
export interface HistogramSum {
  /** Number of records in each bucket. */
  readonly buckets: Float64Array;
  readonly sumMs: number;
  readonly maxMs: number;
}

/** Adds up histograms. */
export function addHistograms(
  all: readonly Float64Array[],
): HistogramSum {
  const buckets = new Float64Array(HISTOGRAM_BUCKETS);
  let sumMs = 0;
  let maxMs = 0;
  for (const floats of all) {
    // Read first: what is in it is in the buckets then.
    sumMs += floats[SUM];
    maxMs = Math.max(maxMs, floats[MAX]);
    for (let i = 0; i < HISTOGRAM_BUCKETS; i++) {
      buckets[i] += floats[BUCKETS + i];
    }
  }
  return { buckets, sumMs, maxMs };
}
