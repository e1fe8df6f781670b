/**
 * A call that can be cancelled, as its caller sees it.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import type { CallLimits } from "./call_limits.ts";
import type { Controls } from "./controls.ts";
import { Deadlines, sharedElapsedMs, type Timed } from "./deadlines.ts";
import { CONTROLLED } from "./payload_kinds.ts";
import type { Place, Plan, Priority } from "./plan.ts";
import type { RunningCall } from "./running_call.ts";
import type { Cancellable } from "./signal_watch.ts";
import type { WaitingCall } from "./waiting_calls.ts";

/** Time between two attempts to end a worker, which may be in the middle of a step. */
const RETRY_MS = 2;
/** The slot of a call that has none. */
const NO_SLOT = -1;

/**
 * One controlled call. Its promise settles once: with the outcome, or as soon as it is
 * cancelled. In the latter case, its outcome is dropped later.
 */
export class ControlledCall implements Plan, Timed, Cancellable, RunningCall {
  /** Settles with the outcome, or with the reason of the cancellation. */
  readonly promise: Promise<unknown>;
  /** Where it goes. */
  readonly ring: number;
  /** See {@linkcode Plan}. */
  readonly worker: number;
  /** See {@linkcode Plan}. */
  readonly mayMove: boolean | undefined;
  /** See {@linkcode Plan}. */
  readonly priority: Priority;
  /** See {@linkcode Plan}. */
  readonly flags: number = CONTROLLED;
  /** See {@linkcode Plan}. */
  readonly tracked: boolean;
  /** See {@linkcode Timed}. */
  dueMs = 0;
  /** See {@linkcode Timed}. */
  heapIndex = -1;
  /** See {@linkcode Plan}. */
  readonly settle = (value: unknown): void => this.#settle(value);
  /** Whether it was cancelled before it had an outcome. */
  isCancelled = false;
  /** Whether it was cancelled before a worker began it. */
  wasDropped = false;
  #resolve!: (value: unknown) => void;
  #reject!: (reason: unknown) => void;
  readonly #controls: Controls;
  readonly #limits: CallLimits;
  #isSettled = false;
  #hasEnded = false;
  #slot = NO_SLOT;
  #waiting: WaitingCall | undefined;
  #pushedMs = 0;
  /** When it may have run for too long. */
  #runEndMs = Infinity;
  /** When it has waited for too long. */
  #queueEndMs = Infinity;
  #onEnd: (() => void) | undefined;
  #abort: AbortController | undefined;

  constructor(
    controls: Controls,
    limits: CallLimits,
    { ring, worker, mayMove }: Place,
    priority: Priority,
    tracked = true,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#controls = controls;
    this.#limits = limits;
    this.ring = ring;
    this.worker = worker;
    this.mayMove = mayMove;
    this.priority = priority;
    this.tracked = tracked;
  }

  /**
   * Submits the call.
   *
   * @param submit Submits it as planned, and returns the call if it waits.
   */
  start(submit: (plan: Plan) => WaitingCall | undefined): void {
    const { group, queueTimeoutMs } = this.#limits;
    this.#waiting = submit(this);
    if (queueTimeoutMs !== Infinity) {
      this.#queueEndMs = Deadlines.now() + queueTimeoutMs;
      this.#schedule();
    }
    if (group !== undefined) group.add(this);
  }

  /** See {@linkcode Plan}: if this thread runs the call itself. */
  get running(): RunningCall {
    return this;
  }

  /** See {@linkcode RunningCall}. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController();
    return this.#abort.signal;
  }

  /** It was not submitted; its promise never settles. */
  withdraw(): void {
    this.#finish();
  }

  /** The submission has failed. */
  fail(error: unknown): void {
    this.#finish();
    this.#reject(error);
  }

  /** See {@linkcode Plan}. */
  prepare(slot: number): void {
    this.#controls.reset(slot, this.#limits.timeoutMs !== Infinity);
  }

  /** See {@linkcode Plan}. */
  pushed(slot: number): void {
    this.#slot = slot;
    const { timeoutMs } = this.#limits;
    if (timeoutMs === Infinity) return;
    this.#pushedMs = Deadlines.now();
    this.#runEndMs = this.#pushedMs + timeoutMs;
    this.#schedule();
  }

  /** Rejects the promise at once, and stops the call. Does nothing after its outcome. */
  cancel(reason: unknown): void {
    if (this.#isSettled) return;
    this.isCancelled = true;
    this.#controls.noteCancelled();
    this.#finish();
    this.#reject(reason);
    this.#abort?.abort(reason);
    const waiting = this.#waiting;
    if (this.#slot !== NO_SLOT) this.#cancelInSlot();
    else if (waiting !== undefined && this.#controls.removeWaiting(waiting)) {
      this.wasDropped = true;
      this.#ended();
    }
  }

  /** Whether a worker has begun it. */
  get hasStarted(): boolean {
    return this.#slot === NO_SLOT
      ? this.#hasEnded && !this.wasDropped
      : this.#controls.hasStarted(this.#slot);
  }

  /** Resolves when no thread runs the call any more. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#hasEnded) resolve();
      else this.#onEnd = resolve;
    });
  }

  /** See {@linkcode Timed}. */
  due(nowMs: number): void {
    const { timeoutMs, queueTimeoutMs } = this.#limits;
    if (this.isCancelled) {
      this.#controls.endWorker(this.#slot);
      return this.#controls.deadlines.set(this, nowMs + RETRY_MS);
    }
    if (nowMs >= this.#runEndMs) {
      const ranMs = this.#ranMs(nowMs);
      if (ranMs >= timeoutMs) {
        return this.cancel(new TimeoutError("timeoutMs", timeoutMs));
      }
      this.#runEndMs = nowMs + timeoutMs - ranMs;
    }
    if (nowMs >= this.#queueEndMs) {
      this.#queueEndMs = Infinity;
      if (this.#slot === NO_SLOT || this.#controls.tryDrop(this.#slot)) {
        return this.cancel(new TimeoutError("queueTimeoutMs", queueTimeoutMs));
      }
    }
    this.#schedule();
  }

  #schedule(): void {
    const dueMs = Math.min(this.#runEndMs, this.#queueEndMs);
    this.#controls.deadlines.set(this, dueMs);
  }

  /** How long the call has run. Not longer than it has been in its slot, whatever clocks say. */
  #ranMs(nowMs: number): number {
    const startMs = this.#controls.startOf(this.#slot);
    if (startMs === undefined) return 0;
    const ranMs = Math.max(0, sharedElapsedMs(startMs));
    return Math.min(ranMs, nowMs - this.#pushedMs);
  }

  #cancelInSlot(): void {
    const { deadlines } = this.#controls;
    const hasStarted = this.#controls.cancel(this.#slot, () => {
      this.#slot = NO_SLOT;
      deadlines.delete(this);
      this.#ended();
    });
    if (!hasStarted) {
      this.wasDropped = true;
      return;
    }
    deadlines.set(this, Deadlines.now() + this.#limits.graceMs);
  }

  #settle(value: unknown): void {
    // The slot is free.
    this.#slot = NO_SLOT;
    if (value instanceof Promise) {
      // A rejection, or this thread runs the call itself, because it found no slot.
      value.then(
        (value) => this.#end(this.#resolve, value),
        (error) => this.#end(this.#reject, error),
      );
    } else this.#end(this.#resolve, value);
  }

  #end(settle: (value: unknown) => void, value: unknown): void {
    if (!this.#isSettled) {
      this.#finish();
      settle(value);
    }
    this.#ended();
  }

  /** It has an outcome. */
  #finish(): void {
    this.#isSettled = true;
    this.#limits.group?.delete(this);
    this.#controls.deadlines.delete(this);
  }

  #ended(): void {
    this.#hasEnded = true;
    this.#onEnd?.();
  }
}
