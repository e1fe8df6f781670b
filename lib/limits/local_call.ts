/**
 * A function that runs on the thread of its caller and can be cancelled.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import { type CallLimits, limitsOf } from "./call_limits.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import type { Priority } from "./priority.ts";
import type { RunningCall } from "./running_call.ts";
import type { Cancellable } from "./call_group.ts";

/**
 * A call whose code shares the thread of its caller. It sees the cancellation by its signal, and
 * nothing can end it if it ignores that.
 */
export class LocalCall implements RunningCall, Cancellable, Timed {
  /** See {@linkcode RunningCall}. */
  readonly priority: Priority;
  /** See {@linkcode Timed}. */
  dueMs = 0;
  /** See {@linkcode Timed}. */
  heapIndex = -1;
  /** See {@linkcode Cancellable}. */
  groupIndex = -1;
  readonly #deadlines: Deadlines;
  readonly #limits: CallLimits;
  readonly #abort = new AbortController();
  #isSettled = false;
  #reject: (reason: unknown) => void = () => {};

  constructor(deadlines: Deadlines, limits: CallLimits, priority: Priority) {
    this.#deadlines = deadlines;
    this.#limits = limits;
    this.priority = priority;
  }

  /** See {@linkcode RunningCall}. */
  get isCancelled(): boolean {
    return this.#abort.signal.aborted;
  }

  /** See {@linkcode RunningCall}. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** See {@linkcode RunningCall}: its signal also ends what the code starts. */
  get limits(): CallLimits | undefined {
    const { signal } = this;
    return limitsOf({ signal }, this.#limits.graceMs, this.#deadlines);
  }

  /** Returns a promise that settles as `task` does, or rejects when the call is cancelled. */
  await<T>(task: Promise<T>): Promise<T> {
    const { group, timeoutMs } = this.#limits;
    const promise = new Promise<T>((resolve, reject) => {
      this.#reject = reject;
      task.then((value) => {
        this.#finish();
        resolve(value);
      }, (error) => {
        this.#finish();
        reject(error);
      });
    });
    this.#deadlines.set(this, this.#deadlines.now() + timeoutMs);
    if (group !== undefined) group.add(this);
    return promise;
  }

  /** Rejects the promise at once, and aborts the signal. */
  cancel(reason: unknown): void {
    if (this.#isSettled) return;
    this.#finish();
    this.#reject(reason);
    this.#abort.abort(reason);
  }

  /** See {@linkcode Timed}. */
  due(): void {
    this.cancel(new TimeoutError("timeoutMs", this.#limits.timeoutMs));
  }

  #finish(): void {
    this.#isSettled = true;
    this.#limits.group?.delete(this);
    this.#deadlines.delete(this);
  }
}
