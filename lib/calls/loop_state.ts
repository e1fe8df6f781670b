/**
 * Whether a thread's loop will drain completions.
 *
 * @module
 */

// ACTIVE    a round runs or is scheduled, so completions will be drained
// STOPPED   no round is scheduled: the main thread has no calls in flight, or waits for a
//           completion
// ASLEEP    a worker waits in its event loop; it is in the idle set and may be chosen
const ACTIVE = 0;
const STOPPED = 1;
const ASLEEP = 2;

/** The state of one thread's loop. Only that loop changes it. */
export class LoopState {
  #state: typeof ACTIVE | typeof STOPPED | typeof ASLEEP = STOPPED;

  /** Whether completions will be drained without another start of the loop. */
  get isActive(): boolean {
    return this.#state === ACTIVE;
  }

  /** Whether this thread is a worker that waits in its event loop and may be chosen. */
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
