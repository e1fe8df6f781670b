/**
 * The state of a worker that callers rely on.
 *
 * @module
 */

import type { IdleSet } from "../bridge/idle_set.ts";

// RUNNING    it runs a call or other code: callers do not rely on it
// SEARCHING  it will check the rings before it sleeps: callers need not wake a worker
// ASLEEP     it is in the idle set: a caller may choose it
const RUNNING = 0;
const SEARCHING = 1;
const ASLEEP = 2;

/**
 * The state of one worker. Each transition also updates the idle set.
 *
 * A call that a task makes near the end of its stack causes endSearch() and wakeUp(), which
 * can throw there. They change the state last, so they can be repeated.
 */
export class WorkerState {
  readonly #idle: IdleSet;
  readonly #thread: number;
  #state: typeof RUNNING | typeof SEARCHING | typeof ASLEEP = RUNNING;

  /** Whether this was the last worker to search, and has not checked for more work yet. */
  #owesCheck = false;

  constructor(idle: IdleSet, thread: number) {
    this.#idle = idle;
    this.#thread = thread;
  }

  /** Any state of the previous worker of this index => RUNNING. */
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
   * SEARCHING => RUNNING. Does nothing when RUNNING, unless an earlier call threw.
   *
   * @param wakeNext Wakes a sleeping worker if there is more work. The last worker to search
   * does that, because callers have relied on its search.
   */
  endSearch(wakeNext: () => void): void {
    if (this.#state === SEARCHING) {
      this.#owesCheck = this.#idle.endSearch(this.#thread);
      this.#state = RUNNING;
    }
    if (!this.#owesCheck) return;
    wakeNext();
    this.#owesCheck = false;
  }

  /** RUNNING or SEARCHING => ASLEEP. The worker must check for work again before it parks. */
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

  /**
   * Wakes another worker.
   *
   * @param forMainThread Whether only calls of the main thread wait, which full workers do
   * not take.
   */
  wakeOther(forMainThread: boolean): void {
    this.#idle.wakeOne(forMainThread);
  }

  /** The same for calls of the main thread, if no worker searches. */
  wakeOtherIfNeeded(): void {
    if (this.#idle.needsWake()) this.#idle.wakeOne(true);
  }

  /** The worker takes no more calls of the main thread, or takes them again. */
  setFull(isFull: boolean): void {
    this.#idle.setFull(this.#thread, isFull);
  }

  /** Finishes waking another worker, if that threw because no stack was left. */
  recover(): void {
    this.#idle.finishWake();
  }
}
