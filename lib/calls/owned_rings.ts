/**
 * The rings of a lane, as its owner uses them.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import { DIRECT_RINGS, MAIN_THREAD, NORMAL_RING } from "../bridge/layout.ts";
import type { Ring } from "../bridge/ring.ts";

/** Prepares each ring of a lane when its owner first uses it. */
export class OwnedRings {
  readonly #lane: Lane;
  readonly #workerCount: number;
  readonly #announce: (rings: number) => void;
  #inUse: number;

  /**
   * @param workerCount Number of workers of the pool, which each have a direct ring.
   * @param inUse The kinds of rings that a previous owner has used: see Control.ringsInUse().
   * @param announce Announces to the workers that rings of these kinds are in use.
   */
  constructor(
    lane: Lane,
    workerCount: number,
    inUse: number,
    announce: (rings: number) => void,
  ) {
    this.#lane = lane;
    this.#workerCount = workerCount;
    this.#announce = announce;
    this.#inUse = inUse;
    lane.ring.resume();
    for (let ring = NORMAL_RING + 1; ring < this.#end; ring++) {
      if (this.#isInUse(ring)) lane.ringAt(ring).resume();
    }
  }

  /** The ring with this index, which workers take calls from. */
  use(index: number): Ring {
    if (!this.#isInUse(index)) this.#prepare(index);
    return this.#lane.ringAt(index);
  }

  /** Whether a ring that all workers share has a call that none has taken. */
  hasWork(): boolean {
    return this.#hasWork(NORMAL_RING, DIRECT_RINGS);
  }

  /** Whether a direct ring has a call that its worker has not taken. */
  hasDirectWork(): boolean {
    return this.#isInUse(DIRECT_RINGS) &&
      this.#hasWork(DIRECT_RINGS, this.#end);
  }

  /** Number of calls that no worker has taken. */
  get queuedCount(): number {
    let count = 0;
    for (let ring = NORMAL_RING; ring < this.#end; ring++) {
      count += this.lengthOf(ring);
    }
    return count;
  }

  /** Number of calls in one ring. */
  lengthOf(index: number): number {
    return this.#isInUse(index) ? this.#lane.ringAt(index).length : 0;
  }

  /** Whether the main thread owns the lane. */
  get isMainThreads(): boolean {
    return this.#lane.owner === MAIN_THREAD;
  }

  #hasWork(from: number, to: number): boolean {
    for (let ring = from; ring < to; ring++) {
      if (this.#isInUse(ring) && this.#lane.ringAt(ring).hasWork()) return true;
    }
    return false;
  }

  get #end(): number {
    return DIRECT_RINGS + this.#workerCount;
  }

  #isInUse(index: number): boolean {
    return (this.#inUse & bitOf(index)) !== 0;
  }

  #prepare(index: number): void {
    // A worker that learns of one direct ring reads its own one.
    const [from, to] = index < DIRECT_RINGS
      ? [index, index + 1]
      : [DIRECT_RINGS, this.#end];
    for (let ring = from; ring < to; ring++) {
      // The normal ring was prepared with the lane.
      if (ring === NORMAL_RING) continue;
      this.#lane.ringAt(ring).initialize();
      this.#lane.ringAt(ring).resume();
    }
    this.#announce(bitOf(index));
    // Last: if no stack is left for a step before it, all of them are repeated.
    this.#inUse |= bitOf(index);
  }
}

/** The bit of a ring in Control.ringsInUse(). */
function bitOf(index: number): number {
  return 1 << Math.min(index, DIRECT_RINGS);
}
