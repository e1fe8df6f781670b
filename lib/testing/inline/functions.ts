/**
 * The functions of the workers of an inline runtime, and what these leave uncaught.
 *
 * @module
 */

import { TASK_GLOBALS } from "../../parallel/task_globals.ts";
import type { LoomRuntime } from "../../runtime.ts";
import { runInstalled } from "../../runtime_context.ts";
import type { AnyFunction } from "../../tasks/function.ts";
import { Functions } from "../../tasks/functions.ts";
import { loadedTask } from "../../tasks/task.ts";
import type { TaskTable } from "../../tasks/task_table.ts";
import { type StartedCall, UncaughtErrors } from "../../worker/uncaught.ts";
import type { GlobalNames } from "./virtual_globals.ts";

/** The functions of one worker, which shares its thread with others. */
export class InlineFunctions extends Functions {
  readonly #hold: (loading: Promise<unknown>) => void;

  /**
   * @param globals Names that self-contained functions see in place of global ones.
   * @param hold Called with what must be loaded before anything else is done.
   */
  constructor(
    table: TaskTable,
    globals: GlobalNames,
    hold: (loading: Promise<unknown>) => void,
  ) {
    super(table, { globals: { ...TASK_GLOBALS, ...globals } });
    this.#hold = hold;
  }

  /** None: each function must find the worker that it runs on, so it is code of its call. */
  override plain(_task: number): undefined {
    return undefined;
  }

  /** How many items share a call depends on measured times, which differ from run to run. */
  override mayRunItems(_task: number): boolean {
    return false;
  }

  /** See {@linkcode Functions.load}. This thread mostly has the function of a module task. */
  override load(task: number): AnyFunction | Promise<AnyFunction> {
    const record = this.table.read(task);
    const known = record.kind === "module" ? loadedTask(record) : undefined;
    if (known !== undefined) return known;
    const loaded = super.load(task);
    if (loaded instanceof Promise) this.#hold(loaded);
    return loaded;
  }
}

/** The calls of one worker. Their code finds the runtime of that worker as the current one. */
export class InlineErrors extends UncaughtErrors {
  readonly #runtime: () => LoomRuntime;

  /** @param runtime Returns the runtime of the worker. */
  constructor(functions: Functions, runtime: () => LoomRuntime) {
    super((task) => functions.describe(task));
    this.#runtime = runtime;
  }

  /** See {@linkcode UncaughtErrors.run}. */
  override run(call: StartedCall, fn: AnyFunction, args: unknown[]): unknown {
    const run = () => super.run(call, fn, args);
    return runInstalled(this.#runtime(), run, call.running);
  }
}
