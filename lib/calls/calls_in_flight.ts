/**
 * The calls of one lane that are not settled, as its owner counts them.
 *
 * @module
 */

import type { CallInFlight, CallSlots } from "./call_slots.ts";
import type { WaitingCalls } from "./waiting_calls.ts";

/** The calls of one lane that are not settled: in a slot, or waiting for one. */
export class CallsInFlight {
  readonly #capacity: number;
  readonly #slots: CallSlots;
  readonly #waiting: WaitingCalls;

  constructor(capacity: number, slots: CallSlots, waiting: WaitingCalls) {
    this.#capacity = capacity;
    this.#slots = slots;
    this.#waiting = waiting;
  }

  /** Number of calls that hold a slot. */
  get activeCount(): number {
    return this.#capacity - this.#slots.freeCount;
  }

  /** Number of calls that wait for a slot or for a block. */
  get waitingCount(): number {
    return this.#waiting.count;
  }

  /** Number of unsettled calls for which shutdown waits. */
  get trackedCount(): number {
    return this.activeCount - this.#slots.untrackedCount +
      this.#waiting.trackedCount;
  }

  /** The unsettled calls for which shutdown waits. */
  list(): CallInFlight[] {
    return [...this.#slots.trackedCalls(), ...this.#waiting.trackedCalls()];
  }

  /** Drops the outcomes of all calls: their promises never settle. */
  abandon(): void {
    this.#slots.abandonAll();
    while (this.#waiting.count !== 0) this.#waiting.take();
  }

  /** Number of the task of a slot's call. */
  taskOf(slot: number): number {
    return this.#slots.tasks[slot];
  }

  /** Whether a call that is not settled contains this buffer. */
  holds(buffer: SharedArrayBuffer): boolean {
    return this.#slots.holds(buffer) || this.#waiting.holds(buffer);
  }
}
