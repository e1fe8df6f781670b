/**
 * Code of the worker itself that a task causes.
 *
 * @module
 */

import process from "node:process";

/**
 * Runs code outside of the async context of the task that causes it. Otherwise what it schedules
 * would have that context, and so would the tasks that run in it.
 */
export class OutsideOfTasks {
  #run: ((fn: () => void) => void) | undefined;

  /** Remembers the present context, which must be that of no task. Before the first run(). */
  capture(): void {
    if (this.#run !== undefined) return;
    const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
    this.#run = AsyncLocalStorage.snapshot();
  }

  /** Runs a function in that context. */
  run(fn: () => void): void {
    if (this.#run === undefined) fn();
    else this.#run(fn);
  }
}
