/**
 * One call, or one operation, with all that watches it.
 *
 * @module
 */

import type { Wrapper } from "../calls/wrappers.ts";
import type { Carrier, Ending, Observation } from "./observers.ts";

/** A call or an operation that is watched. */
export class Observed {
  /** What its calls carry as their last argument. */
  readonly wrappers: readonly Wrapper[];
  readonly #observations: readonly Observation[];
  #hasEnded = false;

  constructor(
    observations: readonly Observation[],
    wrappers: readonly Wrapper[],
  ) {
    this.#observations = observations;
    this.wrappers = wrappers;
  }

  /** What goes with the call to another process; undefined if that is nothing. */
  get carrier(): Carrier | undefined {
    const carrier: Carrier = {};
    for (const observation of this.#observations) observation.carry?.(carrier);
    return Object.keys(carrier).length === 0 ? undefined : carrier;
  }

  /** Runs a function as code of the call on this thread. */
  runHere<T>(fn: () => T): T {
    return this.#observations.reduceRight<() => T>(
      (inner, observation) => () => observation.runHere(inner),
      fn,
    )();
  }

  /** It has ended. Only the first call of this counts. */
  end(ending: Ending): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const observation of this.#observations) observation.end(ending);
  }

  /** Ends it with what a promise settles with, before the user's code sees that. */
  endWith<T>(
    promise: Promise<T>,
    endingOf: (error?: unknown) => Omit<Ending, "outcome" | "error">,
    signal?: AbortSignal,
  ): Promise<T> {
    return promise.then((value) => {
      this.end({ outcome: "ok", ...endingOf() });
      return value;
    }, (error) => {
      this.fail(error, signal, endingOf());
      throw error;
    });
  }

  /** Ends it with an error. */
  fail(
    error: unknown,
    signal?: AbortSignal,
    rest: Omit<Ending, "outcome" | "error"> = {},
  ): void {
    const isCancelled = signal?.aborted === true && signal.reason === error;
    const outcome = isCancelled ? "cancelled" : "error";
    this.end({ outcome, error, ...rest });
  }
}
