/**
 * The functions that every pool runs, on the same values.
 *
 * @module
 */

/** A running pool. */
export interface Pool {
  /** Resolves with `n + 1`. */
  readonly addOne: (n: number) => Promise<number>;
  /** Like `addOne`, as a call that a signal can cancel; undefined where it is not measured. */
  readonly addOneWithSignal?: (n: number) => Promise<number>;
  /** Resolves with the value, which crosses by value in both directions. */
  readonly echo: <T>(value: T) => Promise<T>;
  /** Resolves with the length of the bytes, which cross to the worker by value. */
  readonly lengthOf?: (bytes: Uint8Array) => Promise<number>;
  /** The largest value that `echo` carries, in bytes; undefined is any. */
  readonly maxValueBytes?: number;
  /**
   * Resolves with the bytes without copying them: as a view of shared memory, or
   * transferred, whichever the pool offers. The next call may send what comes back.
   */
  readonly pass?: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** Bytes that `pass` takes. */
  readonly passable?: (size: number) => Uint8Array;
  /**
   * Resolves with the bytes, whose memory moves to the worker and back. The next call sends
   * what comes back.
   */
  readonly move?: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** Computes for so many milliseconds. */
  readonly busy: (ms: number) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

/** What the module of each pool exports. */
export interface PoolModule {
  /** Starts that many workers; the pool takes calls at once. */
  readonly start: (workers: number) => Promise<Pool>;
}

/** Computes for so many milliseconds by the clock; returns how often it looked. */
export function computeFor(ms: number): number {
  const end = performance.now() + ms;
  let n = 0;
  do n++; while (performance.now() < end);
  return n;
}
