/**
 * A call that can be cancelled, as its caller sees it.
 *
 * @module
 */

import type { Cancellable } from "../limits/call_group.ts";
import type { CallLimits } from "../limits/call_limits.ts";
import { CallTimer, NO_SLOT, type TimedCall } from "./call_timer.ts";
import type { Controls } from "../calls/controls.ts";
import { CONTROLLED, WRAPPED } from "../payloads/payload_kinds.ts";
import type { Place, Plan, Priority } from "../calls/plan.ts";
import type { RunningCall } from "../limits/running_call.ts";
import type { WaitingCall } from "../calls/waiting_calls.ts";
import type { CallWatch } from "../calls/wrappers.ts";

type Settle = (value: unknown) => void;

// One executor for all promises, to avoid a closure per call.
let newResolve: Settle = ignore;
let newReject: Settle = ignore;
function executor(resolve: Settle, reject: Settle): void {
  newResolve = resolve;
  newReject = reject;
}

function ignore(): void {}

/**
 * One controlled call. Its promise settles once: with the outcome, or as soon as it is
 * cancelled. In the latter case, its outcome is dropped later.
 *
 * Each call with a signal creates one, so it has few fields.
 */
export class ControlledCall
  implements Plan, TimedCall, Cancellable, RunningCall {
  /** Settles with the outcome, or with the reason of the cancellation. */
  readonly promise: Promise<unknown>;
  /** See {@linkcode Plan}. */
  readonly place: Place;
  /** See {@linkcode Plan}. */
  readonly priority: Priority;
  /** See {@linkcode Plan}: the outcome of the call in its slot resolves the promise. */
  readonly settle: Settle;
  /** See {@linkcode Cancellable}. */
  groupIndex = -1;
  /** See {@linkcode TimedCall}. */
  slot: number = NO_SLOT;
  /** Whether it was cancelled before it had an outcome. */
  isCancelled = false;
  /** Whether it was cancelled before a worker began it. */
  wasDropped = false;
  readonly #reject: Settle;
  readonly #controls: Controls;
  readonly #limits: CallLimits;
  readonly #watch: CallWatch | undefined;
  #isSettled = false;
  #hasEnded = false;
  #waiting: WaitingCall | undefined;
  #timer: CallTimer | undefined;
  #onEnd: (() => void) | undefined;
  #abort: AbortController | undefined;

  /** @param watch Is told of its slot, if it is wrapped. */
  constructor(
    controls: Controls,
    limits: CallLimits,
    place: Place,
    priority: Priority,
    watch?: CallWatch,
  ) {
    this.promise = new Promise(executor);
    this.settle = newResolve;
    this.#reject = newReject;
    // They would keep the result of the last call.
    newResolve = newReject = ignore;
    this.place = place;
    this.priority = priority;
    this.#controls = controls;
    this.#limits = limits;
    this.#watch = watch;
  }

  /** See {@linkcode Plan}. */
  get flags(): number {
    return this.#watch === undefined ? CONTROLLED : CONTROLLED | WRAPPED;
  }

  /** See {@linkcode Plan}. */
  get tracked(): boolean {
    return true;
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

  /** Whether a worker has begun it. */
  get hasStarted(): boolean {
    return this.slot === NO_SLOT
      ? this.#hasEnded && !this.wasDropped
      : this.#controls.hasStarted(this.slot);
  }

  /**
   * It was submitted: it can be cancelled from now on.
   *
   * @param waiting The call, if it waits for a slot or a block.
   */
  submitted(waiting: WaitingCall | undefined): void {
    const { group, queueTimeoutMs } = this.#limits;
    this.#waiting = waiting;
    if (queueTimeoutMs !== Infinity) this.#timed().startQueueing();
    if (group !== undefined) group.add(this);
  }

  /** Its submission has failed; its promise never settles. */
  withdraw(): void {
    this.#finish();
  }

  /** Its submission has failed. */
  fail(error: unknown): void {
    this.#finish();
    this.#reject(error);
  }

  /** See {@linkcode Plan}. */
  prepare(slot: number): void {
    this.#controls.reset(slot, this.#limits.timeoutMs !== Infinity);
    this.#watch?.prepare(slot);
  }

  /** See {@linkcode Plan}. */
  pushed(slot: number): void {
    this.slot = slot;
    if (this.#limits.timeoutMs !== Infinity) this.#timed().startRunning();
  }

  /** See {@linkcode Plan}. */
  freed(): void {
    this.#watch?.freed();
    this.#controls.reset(this.slot, false);
    this.slot = NO_SLOT;
    this.#finish();
    this.#ended();
  }

  /** See {@linkcode Plan}: this thread runs the call itself, or has no memory for it. */
  settleWaiting(value: unknown): void {
    const end = (settle: Settle, value: unknown): void => {
      if (!this.#isSettled) {
        this.#finish();
        settle(value);
      }
      this.#ended();
    };
    Promise.resolve(value).then(
      (value) => end(this.settle, value),
      (error) => end(this.#reject, error),
    );
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
    if (this.slot !== NO_SLOT) this.#cancelInSlot();
    else if (waiting !== undefined && this.#controls.removeWaiting(waiting)) {
      this.wasDropped = true;
      this.#ended();
    }
  }

  /** Resolves when no thread runs the call any more. */
  ended(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#hasEnded) resolve();
      else this.#onEnd = resolve;
    });
  }

  #cancelInSlot(): void {
    if (this.#controls.cancel(this.slot)) this.#timed().startGrace();
    else this.wasDropped = true;
  }

  #timed(): CallTimer {
    return this.#timer ??= new CallTimer(this, this.#controls, this.#limits);
  }

  /** It has an outcome, or ends without one. */
  #finish(): void {
    this.#isSettled = true;
    this.#limits.group?.delete(this);
    this.#timer?.stop();
  }

  #ended(): void {
    this.#hasEnded = true;
    this.#onEnd?.();
  }
}
