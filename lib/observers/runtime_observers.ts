/**
 * Whether the calls of a runtime on this thread are observed.
 *
 * @module
 */

import type { ObservedCalls } from "./observed_calls.ts";
import { observersOfThread } from "./observers.ts";

/** What makes the calls of one runtime while this thread has observers. */
export class RuntimeObservers {
  /** Makes observed calls; undefined while the thread has no observers. */
  current: ObservedCalls | undefined;
  readonly #create: () => ObservedCalls;

  constructor(create: () => ObservedCalls) {
    this.#create = create;
    this.refresh();
  }

  /** The observers of this thread have changed. */
  refresh(): void {
    this.current = observersOfThread().length === 0
      ? undefined
      : this.current ?? this.#create();
  }
}
