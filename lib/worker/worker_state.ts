/**
 * What a worker is doing, as its callers rely on it.
 *
 * @module
 */

import type { IdleSet } from "../bridge/idle_set.ts";

// RUNNING    it runs a call, or code that a call has left behind: nobody relies on it
// SEARCHING  it will look into the rings before it sleeps: callers need not wake anybody
// ASLEEP     it is in the idle set: a caller may choose it
const RUNNING = 0;
const SEARCHING = 1;
const ASLEEP = 2;

/**
 * The state of one worker. Each transition tells the idle set.
 *
 * A task may make a call near the end of its stack, where any step can throw. So a
 * transition counts as done when the state has changed, and doing it again until then is
 * safe.
 */
export class WorkerState {
  readonly #idle: IdleSet;
  readonly #thread: number;
  #state: typeof RUNNING | typeof SEARCHING | typeof ASLEEP = RUNNING;

  constructor(idle: IdleSet, thread: number) {
    this.#idle = idle;
    this.#thread = thread;
  }

  /** Whatever the previous worker of this index was => RUNNING. */
  resume(): void {
    this.#idle.resume(this.#thread);
  }

  /** RUNNING => SEARCHING. */
  startSearch(): void {
    if (this.#state !== RUNNING) return;
    this.#state = SEARCHING;
    this.#idle.startSearch(this.#thread);
  }

  /**
   * SEARCHING => RUNNING.
   *
   * @param hasMore Whether another call is there. The last searcher then wakes a sleeper,
   * because callers have relied on it.
   */
  endSearch(hasMore: () => boolean): void {
    if (this.#state !== SEARCHING) return;
    const wasLast = this.#idle.endSearch(this.#thread);
    this.#state = RUNNING;
    if (wasLast && hasMore()) this.#idle.wakeOne();
  }

  /** RUNNING or SEARCHING => ASLEEP. Look for work once more before really parking. */
  fallAsleep(): void {
    this.startSearch();
    this.#state = ASLEEP;
    this.#idle.sleep(this.#thread);
  }

  /** ASLEEP => SEARCHING. */
  wakeUp(): void {
    if (this.#state !== ASLEEP) return;
    this.#idle.awake(this.#thread);
    this.#state = SEARCHING;
  }

  /** Finishes what a transition left undone that ran out of stack in a task's code. */
  recover(): void {
    this.#idle.finishWake();
  }
}
