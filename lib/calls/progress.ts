/**
 * Whether the loop that drives a thread comes round by itself.
 *
 * @module
 */

// ACTIVE    a round runs or is scheduled: completions get drained
// STOPPED   no round comes until somebody starts one: the main thread without calls in
//           flight, or waiting for the next completion
// ASLEEP    a worker waits on its event loop; it is in the idle set and may be chosen
const ACTIVE = 0;
const STOPPED = 1;
const ASLEEP = 2;

/** The state of one thread's loop, changed by that loop only. */
export class Progress {
  #state: typeof ACTIVE | typeof STOPPED | typeof ASLEEP = STOPPED;

  /** Whether completions get drained without further ado. */
  get isActive(): boolean {
    return this.#state === ACTIVE;
  }

  /** Whether this is a worker that others may choose while its event loop runs. */
  get isAsleep(): boolean {
    return this.#state === ASLEEP;
  }

  /** STOPPED or ASLEEP => ACTIVE. */
  activate(): void {
    this.#state = ACTIVE;
  }

  /** ACTIVE => STOPPED. */
  stop(): void {
    this.#state = STOPPED;
  }

  /** ACTIVE => ASLEEP. */
  fallAsleep(): void {
    this.#state = ASLEEP;
  }
}
