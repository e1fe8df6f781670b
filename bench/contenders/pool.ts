/**
 * What every pool is asked to do: the same functions on the same values.
 *
 * @module
 */

/** A running pool. */
export interface Pool {
  /** Gives `n + 1`. */
  readonly addOne: (n: number) => Promise<number>;
  /** Gives the value back; it crosses by value in both directions. */
  readonly echo: <T>(value: T) => Promise<T>;
  /**
   * Gives bytes back without copying them: as a view of shared memory, or transferred,
   * whichever the pool offers. What comes back is what the next call may send.
   */
  readonly pass?: (bytes: Uint8Array) => Promise<Uint8Array>;
  /** Bytes that `pass` takes. */
  readonly passable?: (size: number) => Uint8Array;
  /** Computes for that long. */
  readonly busy: (ms: number) => Promise<unknown>;
  readonly close: () => Promise<unknown>;
}

/** A pool that can be had. */
export interface PoolModule {
  /** Starts that many workers. */
  readonly start: (workers: number) => Promise<Pool>;
}

/** What `busy` runs, in whichever way the pool takes functions. */
export function computeFor(ms: number): number {
  const end = performance.now() + ms;
  let n = 0;
  while (performance.now() < end) n++;
  return n;
}
