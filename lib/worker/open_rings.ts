/**
 * The rings that a worker takes calls from.
 *
 * @module
 */

import { MAIN_THREAD } from "../bridge/layout.ts";
import type { Ring } from "../bridge/ring.ts";
import type { Source } from "./sources.ts";

/** One take in this many begins with another ring than the first: see firstIndex(). */
const CALLS_PER_TURN = 16;

/** All rings in use, or, while the worker is full, those of other workers and its own. */
export class OpenRings {
  /** The rings to take calls from, in order. */
  rings: readonly Ring[] = [];
  /** The source of each of these rings. */
  sources: readonly Source[] = [];
  /** Whether the worker takes no calls of the main thread: see Runner.isFull. */
  isFull = false;
  /** All rings in use, in order: see sources.ts. */
  #inUse: readonly Source[] = [];
  readonly #onUrgent: () => void;

  /** @param onUrgent Called when a ring has calls of another priority than normal. */
  constructor(onUrgent: () => void) {
    this.#onUrgent = onUrgent;
  }

  /** Replaces the rings in use. */
  replace(inUse: readonly Source[]): void {
    this.#inUse = inUse;
    this.#choose();
  }

  /** Opens or closes the rings of the main thread. */
  setFull(isFull: boolean): void {
    this.isFull = isFull;
    this.#choose();
  }

  #choose(): void {
    const sources = this.isFull
      ? this.#inUse.filter(({ lane }) => lane.owner !== MAIN_THREAD)
      : this.#inUse;
    this.rings = sources.map(({ ring }) => ring);
    this.sources = sources;
    if (sources.some(({ priority }) => priority !== "normal")) {
      this.#onUrgent();
    }
  }

  /**
   * Index of the ring to check first. Usually it is 0, so that urgent and nested calls come
   * first. One take in CALLS_PER_TURN begins with another ring, in turn, so that they starve
   * no ring.
   *
   * @param takenCount Number of calls taken before.
   */
  firstIndex(takenCount: number): number {
    if (takenCount % CALLS_PER_TURN !== 0) return 0;
    return (takenCount / CALLS_PER_TURN) % this.rings.length;
  }

  /** Whether one of these rings has a call. */
  hasCalls(): boolean {
    const { rings } = this;
    for (let i = 0; i < rings.length; i++) {
      if (rings[i].hasWork()) return true;
    }
    return false;
  }

  /** Whether there are calls that the worker does not take because it is full. */
  leavesCalls(): boolean {
    return this.isFull &&
      this.#inUse.some(({ lane, ring, isDirect }) =>
        lane.owner === MAIN_THREAD && !isDirect && ring.hasWork()
      );
  }
}
