/**
 * How many calls of a lane wait for a worker.
 *
 * @module
 */

import type { IdleSet } from "../bridge/idle_set.ts";
import type { CallSlots } from "./call_slots.ts";
import type { OwnedRings } from "./owned_rings.ts";
import { ANY_WORKER, type Place } from "./plan.ts";
import type { WaitingCalls } from "./waiting_calls.ts";

/**
 * The calls of one lane that no worker has begun. Nothing is counted while calls are made:
 * the numbers are read from the rings and the idle set when they are needed. Owner only.
 */
export class QueuedCalls {
  readonly #rings: OwnedRings;
  readonly #waiting: WaitingCalls;
  readonly #slots: CallSlots;
  readonly #idle: IdleSet;

  constructor(
    rings: OwnedRings,
    waiting: WaitingCalls,
    slots: CallSlots,
    idle: IdleSet,
  ) {
    this.#rings = rings;
    this.#waiting = waiting;
    this.#slots = slots;
    this.#idle = idle;
  }

  /** Number of calls that no worker has begun. */
  get count(): number {
    return this.#rings.queuedCount + this.#waiting.count;
  }

  /** Number of these that wait for a slot or for a block. */
  get waitingCount(): number {
    return this.#waiting.count;
  }

  /**
   * Whether another call would be one of the first `limit` that wait. Calls for which a worker
   * is free do not count as waiting, though it has not begun them yet.
   */
  hasRoom(limit: number): boolean {
    const { count } = this;
    return count < limit || count < limit + this.#freeWorkers;
  }

  /** Whether a worker is free to begin a call at this place soon. */
  canBeginSoon({ ring, worker }: Place): boolean {
    if (this.#waiting.count !== 0 || !this.#slots.canTake) return false;
    if (worker === ANY_WORKER) return this.hasRoom(0);
    return this.#rings.lengthOf(ring) === 0 &&
      (this.#idle.isFree(worker) || this.#isLoneWorkerFree);
  }

  get #freeWorkers(): number {
    return this.#isLoneWorkerFree ? 1 : this.#idle.freeCount;
  }

  /** The idle set does not count the searches of a lone worker: what it may run is known here. */
  get #isLoneWorkerFree(): boolean {
    return this.#idle.isAlone && this.#rings.isMainThreads &&
      this.#slots.isEmpty;
  }
}
