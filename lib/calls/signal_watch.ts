/**
 * The calls that an AbortSignal cancels.
 *
 * @module
 */

/** Something that a signal cancels. */
export interface Cancellable {
  /** Cancels it, once, with the reason of the signal. */
  cancel(reason: unknown): void;
}

/** Calls in flight that are cancelled together. */
export interface CallGroup {
  /** Adds a call, which has been submitted. */
  add(call: Cancellable): void;
  /** The call has ended. */
  delete(call: Cancellable): void;
}

/** A group that its owner cancels. */
export class OwnedGroup implements CallGroup {
  readonly #calls = new Set<Cancellable>();

  /** See {@linkcode CallGroup}. */
  add(call: Cancellable): void {
    this.#calls.add(call);
  }

  /** See {@linkcode CallGroup}. */
  delete(call: Cancellable): void {
    this.#calls.delete(call);
  }

  /** Cancels the calls that are in flight. */
  cancel(reason: unknown): void {
    const calls = [...this.#calls];
    this.#calls.clear();
    for (const call of calls) call.cancel(reason);
  }
}

/** By signal, so that a signal has one listener, however many calls have it. */
const watches = new WeakMap<AbortSignal, SignalWatch>();

/** The calls in flight that one signal cancels. While there are none, nothing listens to it. */
export class SignalWatch implements CallGroup {
  /** The signal. */
  readonly signal: AbortSignal;
  readonly #calls = new Set<Cancellable>();
  readonly #onAbort = (): void => {
    const calls = [...this.#calls];
    this.#calls.clear();
    this.#stop();
    for (const call of calls) call.cancel(this.signal.reason);
  };

  private constructor(signal: AbortSignal) {
    this.signal = signal;
  }

  /** The watch of a signal. */
  static of(signal: AbortSignal): SignalWatch {
    let watch = watches.get(signal);
    if (watch === undefined) {
      watch = new SignalWatch(signal);
      watches.set(signal, watch);
    }
    return watch;
  }

  /** Cancels `call` when the signal is aborted, at once if it is. */
  add(call: Cancellable): void {
    const { signal } = this;
    if (signal.aborted) return call.cancel(signal.reason);
    if (this.#calls.size === 0) signal.addEventListener("abort", this.#onAbort);
    this.#calls.add(call);
  }

  /** The call has ended. */
  delete(call: Cancellable): void {
    if (this.#calls.delete(call) && this.#calls.size === 0) this.#stop();
  }

  #stop(): void {
    this.signal.removeEventListener("abort", this.#onAbort);
  }
}
