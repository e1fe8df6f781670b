/**
 * Starts functions that may leave work behind, or that are not loaded yet.
 *
 * @module
 */

import {
  runWrapped,
  type Wrapper,
  type WrapperTask,
} from "../calls/wrappers.ts";
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
  /** Wrappers that this worker cannot load. */
  readonly #lost = new Set<number>();

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
    if (call.isWrapped) return this.#startWrapped(call, args);
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

  #startWrapped(call: StartedCall, args: unknown[]): unknown {
    const wrappers = args.pop() as Wrapper[];
    return this.loadAll(call.task, wrappers, (fn, tasks) => {
      const run = () => runWrapped(wrappers, tasks, () => fn(...args));
      return this.#run(call, run, []);
    });
  }

  /** What watches a call does not fail it: without its wrapper, the function runs as it is. */
  #loadWrapper(task: number): AnyFunction | Promise<AnyFunction> {
    if (this.#lost.has(task)) return runBare;
    const skip = (error: unknown) => {
      this.#lost.add(task);
      console.warn(
        `loom: Cannot observe calls on this worker: ${error}; let workers import the modules ` +
          `that the main thread imports`,
      );
      return runBare;
    };
    try {
      const loaded = this.load(task);
      return loaded instanceof Promise ? loaded.catch(skip) : loaded;
    } catch (error) {
      return skip(error);
    }
  }

  /** Runs something with a function and its wrappers; a promise while one is not loaded. */
  loadAll(
    task: number,
    wrappers: readonly Wrapper[],
    run: (fn: AnyFunction, tasks: WrapperTask<unknown>[]) => unknown,
  ): unknown {
    // The function first: its module may set up what the wrappers use.
    const fn = this.load(task);
    const wrap = (fn: AnyFunction) => {
      const tasks = wrappers.map(([task]) => this.#loadWrapper(task));
      return tasks.some((task) => task instanceof Promise)
        ? Promise.all(tasks).then((tasks) => run(fn, tasks))
        : run(fn, tasks as AnyFunction[]);
    };
    return fn instanceof Promise ? fn.then(wrap) : wrap(fn);
  }
}

/** In place of a wrapper. */
function runBare(run: () => unknown): unknown {
  return run();
}
