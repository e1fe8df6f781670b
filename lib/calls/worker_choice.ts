/**
 * Chooses the worker for a call that only one worker can serve.
 *
 * @module
 */

import type { IdleSet } from "../bridge/idle_set.ts";
import { DIRECT_RINGS } from "../bridge/layout.ts";
import type { OwnedRings } from "./owned_rings.ts";
import { ANY_WORKER } from "./plan.ts";

/** Added to the load of a worker that runs something: half of a call that waits for it. */
const RUNNING_LOAD = 0.5;

/** Chooses among the workers of one pool. */
export class WorkerChoice {
  readonly #idle: IdleSet;
  readonly #rings: OwnedRings;
  readonly #workers: readonly number[];
  readonly #self: number;
  readonly #reaches: (thread: number) => boolean;
  #last = 0;

  /**
   * @param workers Thread indices of the workers of the pool.
   * @param self Index of this thread, which is chosen only if it is the only worker.
   * @param reaches Whether a worker can be chosen: it is not ending.
   */
  constructor(
    idle: IdleSet,
    rings: OwnedRings,
    workers: readonly number[],
    self: number,
    reaches: (thread: number) => boolean,
  ) {
    this.#idle = idle;
    this.#rings = rings;
    this.#workers = workers;
    this.#self = self;
    this.#reaches = reaches;
  }

  /**
   * Chooses the worker for which the fewest calls of this thread wait, an idle one if there
   * is one, and each in turn if all are equal.
   *
   * @returns Its thread index; {@linkcode ANY_WORKER} if none can be chosen now.
   */
  choose(): number {
    const { length } = this.#workers;
    let chosen = -1;
    let least = Infinity;
    for (let i = 1; i <= length; i++) {
      const position = (this.#last + i) % length;
      const thread = this.#workers[position];
      if (thread === this.#self && length > 1) continue;
      if (!this.#reaches(thread)) continue;
      const load = this.#rings.use(DIRECT_RINGS + position).length +
        (this.#idle.isIdle(thread) ? 0 : RUNNING_LOAD);
      if (load >= least) continue;
      chosen = position;
      least = load;
    }
    if (chosen < 0) return ANY_WORKER;
    this.#last = chosen;
    return this.#workers[chosen];
  }

  /** Index of the direct ring of a worker. */
  ringOf(thread: number): number {
    return DIRECT_RINGS + this.#workers.indexOf(thread);
  }
}
