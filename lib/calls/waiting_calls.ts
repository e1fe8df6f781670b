/**
 * Calls that wait for a slot or a block.
 *
 * @module
 */

import type { KeptPayload } from "./payload_kinds.ts";

/** A call that waits for a slot or a block. */
export interface WaitingCall {
  /** Number of its task. */
  readonly task: number;
  /** Its arguments. */
  readonly payload: KeptPayload;
  /** Whether shutdown waits for it. */
  readonly tracked: boolean;
  /** Buffers to keep until the call is settled. */
  readonly held: SharedArrayBuffer[] | null;
  /** Resolves its promise. */
  readonly resolve: (value: unknown) => void;
}

/** A first-in, first-out queue of calls. */
export class WaitingCalls {
  readonly #calls: WaitingCall[] = [];
  #head = 0;
  #trackedCount = 0;
  /** Number of calls in the queue. */
  count = 0;

  /** Number of calls in the queue for which shutdown waits. */
  get trackedCount(): number {
    return this.#trackedCount;
  }

  /** Numbers of the tasks of tracked calls in the queue. */
  trackedTasks(): number[] {
    return this.#calls.slice(this.#head).filter(({ tracked }) => tracked)
      .map(({ task }) => task);
  }

  /** Whether a call in the queue keeps this buffer. */
  holds(buffer: SharedArrayBuffer): boolean {
    return this.#calls.slice(this.#head).some(({ held }) =>
      held?.includes(buffer)
    );
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
    // Not on each take, so that the cost per call stays constant.
    if (this.#head * 2 > this.#calls.length) {
      this.#calls.splice(0, this.#head);
      this.#head = 0;
    }
    return call;
  }
}
