/**
 * How the owner of a lane controls its calls after their submission.
 *
 * @module
 */

import { STARTED, WATCHED } from "../bridge/call_words.ts";
import type { Lane } from "../bridge/lane.ts";
import { COUNT_CANCELLED, COUNT_SETTLED } from "../bridge/metrics.ts";
import { isRunning, runningSerial } from "../bridge/slot_state.ts";
import type { CallSlots } from "./call_slots.ts";
import type { CallerHost } from "./caller_host.ts";
import type { Deadlines } from "../limits/deadlines.ts";
import type { WaitingCall, WaitingCalls } from "./waiting_calls.ts";
import { RunWatch } from "./wrappers.ts";

/** Cancels the controlled calls of one lane. Owner only. */
export class Controls {
  /** The deadlines of this thread. */
  readonly deadlines: Deadlines;
  readonly #lane: Lane;
  readonly #slots: CallSlots;
  readonly #host: CallerHost;
  readonly #waiting: WaitingCalls;

  constructor(
    lane: Lane,
    slots: CallSlots,
    waiting: WaitingCalls,
    host: CallerHost,
  ) {
    this.deadlines = host.deadlines;
    this.#lane = lane;
    this.#slots = slots;
    this.#waiting = waiting;
    this.#host = host;
  }

  /** Removes a call that waits for a slot or a block; false if it does not wait any more. */
  removeWaiting(call: WaitingCall): boolean {
    if (!this.#waiting.remove(call)) return false;
    this.#host.metrics.counts[COUNT_SETTLED]++;
    return true;
  }

  /** Counts a call that is cancelled. */
  noteCancelled(): void {
    this.#host.metrics.counts[COUNT_CANCELLED]++;
  }

  /** What measures a wrapped call that is about to be made. */
  watch(): RunWatch {
    return new RunWatch(this.#lane);
  }

  /** The time that all threads agree on: see ThreadMetrics.now(). */
  now(): number {
    return this.#host.metrics.now();
  }

  /** What {@linkcode Controls.now} adds to the time of this thread. */
  get clockOffsetMs(): number {
    return this.#host.metrics.offsetMs;
  }

  /** Prepares a slot for a call, or after a controlled one: see CallWords.reset(). */
  reset(slot: number, timed: boolean): void {
    this.#lane.calls.reset(slot, timed);
  }

  /**
   * Cancels the call in a slot, whose outcome is then dropped.
   *
   * @returns Whether the call has started.
   */
  cancel(slot: number): boolean {
    const { guard } = this.#host;
    if (guard.isInTasks) return guard.inLibrary(() => this.cancel(slot));
    const before = this.#lane.calls.cancel(slot);
    this.#slots.abandon(slot);
    if ((before & STARTED) === 0) return false;
    if ((before & WATCHED) !== 0) {
      const serial = this.#runnerOf(slot);
      if (serial !== undefined) this.#host.notice(serial);
    }
    return true;
  }

  /** Drops the call in a slot; false, with nothing done, if it has started. */
  tryDrop(slot: number): boolean {
    return this.#lane.calls.tryDrop(slot);
  }

  /** Whether a worker has begun the call in a slot. */
  hasStarted(slot: number): boolean {
    return this.#lane.calls.hasStarted(slot);
  }

  /** When the timed call in a slot started: see CallWords.startOf(). */
  startOf(slot: number): number | undefined {
    return this.#lane.calls.startOf(slot);
  }

  /** Requests the end of the worker that still runs the cancelled call in a slot. */
  endWorker(slot: number): void {
    const serial = this.#runnerOf(slot);
    if (serial !== undefined) this.#host.endWorkerOf(this.#lane, slot, serial);
  }

  /** Serial number of the worker that runs the call; undefined if it has completed it. */
  #runnerOf(slot: number): number | undefined {
    // The compare-exchange that started the call has published this.
    const meta = this.#lane.meta(slot);
    return isRunning(meta) ? runningSerial(meta) : undefined;
  }
}
