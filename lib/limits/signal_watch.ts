/**
 * The calls that an AbortSignal cancels.
 *
 * @module
 */

import { CallGroup, type Cancellable } from "./call_group.ts";
import type { Deadlines, Timed } from "./deadlines.ts";

/**
 * How long a watch without calls still listens. Adding and removing a listener takes longer
 * than a call, so calls that follow each other share one.
 */
const LISTEN_MS = 20;

/** By thread and signal, so that a signal has one listener, however many calls have it. */
const watches = new WeakMap<Deadlines, WeakMap<AbortSignal, SignalWatch>>();

/**
 * The calls in flight that one signal cancels. Soon after the last one nothing listens to the
 * signal, because a listener can keep the signal in memory, or its timer running.
 */
export class SignalWatch extends CallGroup implements Timed {
  /** The signal. */
  readonly signal: AbortSignal;
  /** See {@linkcode Timed}. */
  dueMs = 0;
  /** See {@linkcode Timed}. */
  heapIndex = -1;
  readonly #deadlines: Deadlines;
  #listens = false;
  readonly #onAbort = (): void => {
    this.#stop();
    this.cancel(this.signal.reason);
  };

  private constructor(signal: AbortSignal, deadlines: Deadlines) {
    super();
    this.signal = signal;
    this.#deadlines = deadlines;
  }

  /**
   * The watch of a signal.
   *
   * @param deadlines Those of this thread.
   */
  static of(signal: AbortSignal, deadlines: Deadlines): SignalWatch {
    const known = watches.get(deadlines) ?? new WeakMap();
    watches.set(deadlines, known);
    const watch = known.get(signal) ?? new SignalWatch(signal, deadlines);
    known.set(signal, watch);
    return watch;
  }

  /** See {@linkcode CallGroup}. Asking the signal takes longer. */
  override get isAborted(): boolean {
    return !this.#listens && this.signal.aborted;
  }

  /** Cancels `call` when the signal is aborted, at once if it is. */
  override add(call: Cancellable): void {
    if (!this.#listens) {
      const { signal } = this;
      if (signal.aborted) return call.cancel(signal.reason);
      signal.addEventListener("abort", this.#onAbort);
      this.#listens = true;
    }
    super.add(call);
  }

  /** The call has ended. */
  override delete(call: Cancellable): void {
    super.delete(call);
    if (this.heapIndex < 0 && this.#listens && this.isEmpty) {
      this.#deadlines.set(this, this.#deadlines.now() + LISTEN_MS);
    }
  }

  /** See {@linkcode Timed}. */
  due(): void {
    if (this.isEmpty) this.#stop();
  }

  /** See {@linkcode Timed}. */
  dropped(): void {
    this.#stop();
  }

  #stop(): void {
    this.#listens = false;
    this.signal.removeEventListener("abort", this.#onAbort);
  }
}
