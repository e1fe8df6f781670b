/**
 * The functions that run on each compute worker when it starts and ends.
 *
 * @module
 */

import type { HookCall } from "../handshake.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { TaskNumbers } from "../tasks/numbers.ts";
import type { TaskTable } from "../tasks/task_table.ts";

/** A function and its arguments. */
export interface WorkerHook {
  readonly fn: AnyFunction;
  /** A copy of what the user passed. */
  readonly args: readonly unknown[];
}

/** What the user wants to run on each compute worker. */
export interface WorkerHooks {
  /** Before it serves. */
  readonly setup?: WorkerHook;
  /** Before it ends, unless it is lost or terminated. */
  readonly teardown?: WorkerHook;
}

/** The same as it is sent to a worker. */
export interface HookCalls {
  readonly setup: HookCall | null;
  readonly teardown: HookCall | null;
}

/** Makes the functions known to the workers. The parser of functions must be loaded. */
export function hookCalls(hooks: WorkerHooks, tasks: TaskTable): HookCalls {
  const numbers = new TaskNumbers(tasks);
  const callOf = (hook: WorkerHook | undefined, method: string) =>
    hook === undefined
      ? null
      : { task: numbers.of(hook.fn, method), args: hook.args };
  return {
    setup: callOf(hooks.setup, "setup"),
    teardown: callOf(hooks.teardown, "teardown"),
  };
}
