/**
 * The functions of loom that self-contained tasks can use without importing them.
 *
 * @module
 */

import { move } from "../codec/moved.ts";
import { sharedValue } from "../codec/shared_value.ts";
import { CapturedVariableError } from "../errors.ts";
import {
  adaptiveMap,
  computeMap,
  computeStream,
  currentRuntime,
  currentWorker,
  spawnAdaptive,
  spawnAsync,
  spawnCompute,
  tryCurrentRuntime,
} from "../current.ts";
import { report } from "../progress/report.ts";
import {
  currentSignal,
  isCancelled,
  throwIfCancelled,
} from "../cancellation.ts";
import type { InjectedName } from "../tasks/injected_names.ts";
import { task } from "../tasks/task.ts";
import { join, joinAsync } from "./join.ts";
import { shared } from "../numeric_array.ts";
import { parIter } from "./par_iter.ts";
import { parRange } from "./par_range.ts";
import { scope } from "./scope.ts";
import { scopeCompute } from "./scope_compute.ts";

/** In scope of every self-contained task, on every thread. */
export const TASK_GLOBALS: Readonly<Record<InjectedName, unknown>> = {
  adaptiveMap,
  computeMap,
  computeStream,
  currentRuntime,
  currentSignal,
  currentWorker,
  isCancelled,
  join: guarded("join", join, Array.isArray, "arrays such as [fn, value]"),
  joinAsync: guarded(
    "joinAsync",
    joinAsync,
    Array.isArray,
    "arrays such as [fn, value]",
  ),
  move: guarded(
    "move",
    move,
    (what) => typeof what === "object" && what !== null,
    "an object such as an ArrayBuffer",
  ),
  parIter,
  parRange,
  report,
  scope: guarded(
    "scope",
    scope,
    (fn) => typeof fn === "function",
    "a function such as (s) => s.spawn(fn, value)",
  ),
  scopeCompute,
  shared: guarded("shared", shared, ArrayBuffer.isView, "a typed array"),
  sharedValue,
  spawnAdaptive,
  spawnAsync,
  spawnCompute,
  throwIfCancelled,
  // Its own errors say what it takes.
  task,
  tryCurrentRuntime,
  __name: keepName,
};

/** esbuild's own `__name`, which is not sent with a function that calls it. */
function keepName(target: object, value: string): object {
  return Object.defineProperty(target, "name", { value, configurable: true });
}

/**
 * A function of loom under a name that programs use for functions of their own, such as
 * `join` of `node:path`. A wrong first argument is an error that says which one was called.
 */
function guarded<Args extends unknown[], R>(
  name: InjectedName,
  fn: (...args: Args) => R,
  takes: (first: unknown) => boolean,
  what: string,
): (...args: Args) => R {
  return (...args) => {
    if (takes(args[0])) return fn(...args);
    const [first] = args;
    throw new CapturedVariableError(
      `Cannot call ${name}: in a function that is sent to a worker it is the function of ` +
        `loom, which takes ${what}, got ${
          first === null ? "null" : typeof first
        }. Another function or import of that name is not captured: declare a module ` +
        `task: task(import.meta.url, function …)`,
      name,
    );
  };
}
