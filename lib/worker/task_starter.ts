/**
 * Starts functions that may leave work behind, or that are not loaded yet.
 *
 * @module
 */

import { runAs } from "../limits/running_call.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Functions } from "../tasks/functions.ts";
import type { StartedCall, UncaughtErrors } from "./uncaught.ts";

/** The original: tasks may replace the global one. */
const now = performance.now.bind(performance);

/** Gets the number of a task and how long its function ran up to its first pause. */
export type WatchRun = (task: number, ms: number) => void;

/** Loads the functions of tasks and starts them, each as code of its call. */
export class TaskStarter {
  readonly #functions: Functions;
  readonly #uncaught: UncaughtErrors;
  readonly #watch: WatchRun | undefined;

  /** @param watch Called with how long each function ran up to its first pause. */
  constructor(
    functions: Functions,
    uncaught: UncaughtErrors,
    watch?: WatchRun,
  ) {
    this.#functions = functions;
    this.#uncaught = uncaught;
    this.#watch = watch;
  }

  /** The function of a task; a promise while it is not loaded. */
  load(task: number): AnyFunction | Promise<AnyFunction> {
    // What a module starts at its top level belongs to no call.
    return this.#functions.loaded(task) ??
      this.#uncaught.runOutside(() => this.#functions.load(task));
  }

  /** Runs the function of a call; returns its result, or a promise while it is not loaded. */
  start(call: StartedCall, args: unknown[]): unknown {
    const { task, running } = call;
    const plain = this.#functions.plain(task);
    if (plain !== undefined) return runAs(running, () => plain(...args));
    const fn = this.load(task);
    return fn instanceof Promise
      ? fn.then((loaded) => this.#run(call, loaded, args))
      : this.#run(call, fn, args);
  }

  #run(call: StartedCall, fn: AnyFunction, args: unknown[]): unknown {
    const watch = this.#watch;
    if (watch === undefined) return this.#uncaught.run(call, fn, args);
    const startMs = now();
    try {
      return this.#uncaught.run(call, fn, args);
    } finally {
      watch(call.task, now() - startMs);
    }
  }
}
