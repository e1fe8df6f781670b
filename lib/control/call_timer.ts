/**
 * The time limits of a controlled call.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import type { CallLimits } from "../limits/call_limits.ts";
import type { Controls } from "../calls/controls.ts";
import type { Deadlines, Timed } from "../limits/deadlines.ts";

/** Time between two attempts to end a worker, which may be in the middle of a step. */
const RETRY_MS = 2;

/** The slot of a call that has none. */
export const NO_SLOT = -1;

/** What a timer needs of its call. */
export interface TimedCall {
  /** Its slot, or {@linkcode NO_SLOT}. */
  readonly slot: number;
  /** Whether it was cancelled. */
  readonly isCancelled: boolean;
  /** Cancels it. */
  cancel(reason: unknown): void;
}

/** Cancels one call when a limit is exceeded, and ends its worker if that does not help. */
export class CallTimer implements Timed {
  /** See {@linkcode Timed}. */
  dueMs = 0;
  /** See {@linkcode Timed}. */
  heapIndex = -1;
  readonly #call: TimedCall;
  readonly #controls: Controls;
  readonly #deadlines: Deadlines;
  readonly #limits: CallLimits;
  #pushedMs = 0;
  /** When it may have run for too long. */
  #runEndMs = Infinity;
  /** When it has waited for too long. */
  #queueEndMs = Infinity;

  constructor(call: TimedCall, controls: Controls, limits: CallLimits) {
    this.#call = call;
    this.#controls = controls;
    this.#deadlines = controls.deadlines;
    this.#limits = limits;
  }

  /** The call waits from now on. */
  startQueueing(): void {
    this.#queueEndMs = this.#deadlines.now() + this.#limits.queueTimeoutMs;
    this.#schedule();
  }

  /** The call may start from now on. */
  startRunning(): void {
    this.#pushedMs = this.#deadlines.now();
    this.#runEndMs = this.#pushedMs + this.#limits.timeoutMs;
    this.#schedule();
  }

  /** The call, which has started, was cancelled. */
  startGrace(): void {
    const dueMs = this.#deadlines.now() + this.#limits.graceMs;
    this.#deadlines.set(this, dueMs);
  }

  /** The call has ended, or has an outcome. */
  stop(): void {
    this.#deadlines.delete(this);
  }

  /** See {@linkcode Timed}. */
  due(nowMs: number): void {
    const { timeoutMs, queueTimeoutMs } = this.#limits;
    const call = this.#call;
    if (call.isCancelled) {
      this.#controls.endWorker(call.slot);
      return this.#deadlines.set(this, nowMs + RETRY_MS);
    }
    if (nowMs >= this.#runEndMs) {
      const ranMs = this.#ranMs(nowMs);
      if (ranMs >= timeoutMs) {
        return call.cancel(new TimeoutError("timeoutMs", timeoutMs));
      }
      this.#runEndMs = nowMs + timeoutMs - ranMs;
    }
    if (nowMs >= this.#queueEndMs) {
      this.#queueEndMs = Infinity;
      if (call.slot === NO_SLOT || this.#controls.tryDrop(call.slot)) {
        return call.cancel(new TimeoutError("queueTimeoutMs", queueTimeoutMs));
      }
    }
    this.#schedule();
  }

  #schedule(): void {
    const dueMs = Math.min(this.#runEndMs, this.#queueEndMs);
    this.#deadlines.set(this, dueMs);
  }

  /** How long the call has run. Not longer than it has been in its slot, whatever clocks say. */
  #ranMs(nowMs: number): number {
    const startMs = this.#controls.startOf(this.#call.slot);
    if (startMs === undefined) return 0;
    const ranMs = Math.max(0, this.#deadlines.sharedElapsedMs(startMs));
    return Math.min(ranMs, nowMs - this.#pushedMs);
  }
}
