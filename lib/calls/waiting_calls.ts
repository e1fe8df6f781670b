/**
 * Calls that have no slot yet.
 *
 * @module
 */

import type { KeptPayload } from "./payloads.ts";

/** A call that waits for a slot or for room in the arena. */
export interface WaitingCall {
  /** Number of its task. */
  readonly task: number;
  /** Its arguments. */
  readonly payload: KeptPayload;
  /** Whether shutdown waits for it. */
  readonly tracked: boolean;
  /** Buffers to keep until the arguments are read. */
  readonly held: SharedArrayBuffer[] | null;
  /** Settles its promise. */
  readonly resolve: (value: unknown) => void;
}

/** A queue of calls, first in, first out. */
export class WaitingCalls {
  readonly #calls: WaitingCall[] = [];
  #head = 0;
  #trackedCount = 0;
  /** Calls in the queue. */
  count = 0;

  /** Tracked calls in the queue. */
  get trackedCount(): number {
    return this.#trackedCount;
  }

  /** Appends a call. */
  push(call: WaitingCall): void {
    this.#calls.push(call);
    this.count++;
    if (call.tracked) this.#trackedCount++;
  }

  /** The call that has waited longest; the queue must not be empty. */
  first(): WaitingCall {
    return this.#calls[this.#head];
  }

  /** Takes the call that has waited longest; the queue must not be empty. */
  take(): WaitingCall {
    const call = this.#calls[this.#head++];
    this.count--;
    if (call.tracked) this.#trackedCount--;
    // Now and then, so that each call moves a constant number of others.
    if (this.#head * 2 > this.#calls.length) {
      this.#calls.splice(0, this.#head);
      this.#head = 0;
    }
    return call;
  }
}
