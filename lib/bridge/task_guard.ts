/**
 * Whether a worker may be ended from outside.
 *
 * @module
 */

import type { Words } from "./words.ts";

// LIBRARY   the worker may be in the middle of a step on the bridge, or no call is guarded
// TASKS     it runs code of tasks, or waits in its event loop
// ENDING    the main thread ends it: it takes no step on the bridge any more
// LEFT      the same, and the main thread cannot take that back
const LIBRARY = 0;
const TASKS = 1;
const ENDING = 2;
const LEFT = 3;

const STATE = 3;
/** The higher bits say which of the workers that had this index, one after another, it is. */
const GENERATION = STATE + 1;

/**
 * How long a worker that is being ended blocks. It is interrupted there, unless other code of
 * it was interrupted before: Deno then ends the worker when its event loop turns.
 */
const LONGEST_WAIT_MS = 500;

/** Code of this worker cannot go on, because the worker is being ended. */
export class EndingError extends Error {
  constructor() {
    super("Cannot continue: the worker is being ended");
  }
}

/**
 * The word that decides between a worker, which is about to take a step on the bridge, and
 * the main thread, which is about to end it. Only *guarded* calls, those for which a worker
 * may have to be ended, make the worker use the word; while none is unfinished it stays
 * LIBRARY, and the worker reads {@linkcode TaskGuard.isActive} at most.
 */
export class TaskGuard {
  /** Whether a guarded call is unfinished. Of the worker only, as the next one. */
  isActive = false;
  /** Whether the worker has said that it runs code of tasks. */
  isInTasks = false;
  readonly #words: Words;
  readonly #index: number;
  /**
   * On Deno, code of a worker may go on after its end was reported. Whatever its replacement
   * does, that code must find out that it is being ended.
   */
  readonly #generation: number;
  #guardedCount = 0;

  constructor(words: Words, index: number) {
    this.#words = words;
    this.#index = index;
    this.#generation = words.load(index) & ~STATE;
  }

  /** A guarded call begins: its code runs after {@linkcode TaskGuard.toTasks}. */
  begin(): void {
    this.#guardedCount++;
    this.isActive = true;
  }

  /** A guarded call has ended. In library code, after its result was sent. */
  end(): void {
    this.#guardedCount--;
    this.isActive = this.#guardedCount !== 0;
  }

  /** LIBRARY => TASKS, if a guarded call is unfinished. */
  toTasks(): void {
    if (!this.isActive || this.isInTasks) return;
    // Publishes all steps so far; pairs with the compare-exchange in tryEnd().
    this.#words.store(this.#index, this.#generation | TASKS);
    this.isInTasks = true;
  }

  /**
   * TASKS => LIBRARY. Does not return if the worker is being ended.
   *
   * @throws {EndingError} If that takes long.
   */
  toLibrary(): void {
    if (!this.isInTasks) return;
    const words = this.#words;
    const index = this.#index;
    const library = this.#generation | LIBRARY;
    const tasks = this.#generation | TASKS;
    const ending = this.#generation | ENDING;
    const left = this.#generation | LEFT;
    let word: number;
    while ((word = words.compareExchange(index, tasks, library)) !== tasks) {
      if (word === ending && words.wait(index, ending, LONGEST_WAIT_MS)) {
        continue;
      }
      // ENDING => LEFT, unless the main thread has taken it back.
      if (words.compareExchange(index, ending, left) !== tasks) {
        throw new EndingError();
      }
    }
    this.isInTasks = false;
  }

  /** Whether the worker is being ended, unless that is taken back. */
  get isEnding(): boolean {
    return this.#words.load(this.#index) >= (this.#generation | ENDING);
  }

  /** Runs a step on the bridge for code of tasks. Call it if `isInTasks`. */
  inLibrary<T>(step: () => T): T {
    this.toLibrary();
    try {
      return step();
    } finally {
      this.toTasks();
    }
  }

  /** Runs a step on the bridge, which is cut off on no account, whatever code this is. */
  uncut<T>(step: () => T): T {
    return this.isInTasks ? this.inLibrary(step) : step();
  }

  /**
   * TASKS => ENDING. Main thread only.
   *
   * @returns Whether the worker must now be ended; false if it may be in the middle of a
   * step, so that this must be tried again later.
   */
  tryEnd(): boolean {
    const tasks = this.#generation | TASKS;
    const ending = this.#generation | ENDING;
    return this.#words.compareExchange(this.#index, tasks, ending) === tasks;
  }

  /**
   * ENDING => TASKS: there is no reason any more to end the worker. Main thread only.
   *
   * @returns False if it must be ended all the same.
   */
  tryTakeBack(): boolean {
    const tasks = this.#generation | TASKS;
    const ending = this.#generation | ENDING;
    const word = this.#words.compareExchange(this.#index, ending, tasks);
    if (word === ending) this.#words.notify(this.#index);
    return word === ending;
  }

  /**
   * Any => LIBRARY of the next generation, for the replacement of a worker that has ended. Main
   * thread only, before the replacement creates its guard.
   */
  reset(): void {
    this.#words.store(this.#index, this.#generation + GENERATION);
  }
}
