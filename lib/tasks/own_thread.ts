/**
 * Finds out which functions may run on the thread of their caller in place of a worker.
 *
 * @module
 */

import { findOuterUses } from "./free_names.ts";
import type { AnyFunction } from "./function.ts";
import type { Functions } from "./functions.ts";
import { mayLeaveWork } from "./left_work.ts";
import { loadedTask } from "./task.ts";
import type { TaskRecord } from "./task_table.ts";

/** Globals that are the same on every thread and keep nothing of what is done with them. */
const SAME_ON_ALL: ReadonlySet<string> = new Set(
  `
  AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean
  Buffer DOMException DataView Date Error EvalError Float16Array Float32Array
  Float64Array Infinity Int16Array Int32Array Int8Array Intl Iterator JSON Map
  Math NaN Number Object Proxy RangeError ReferenceError Reflect RegExp Set
  SharedArrayBuffer String Symbol SyntaxError TextDecoder TextEncoder TypeError
  URIError URL URLSearchParams Uint16Array Uint32Array Uint8Array
  Uint8ClampedArray WeakMap WeakSet __name atob btoa console crypto decodeURI
  decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat
  parseInt performance structuredClone undefined
`.trim().split(/\s+/),
);

/**
 * The function of a task, if a call of this thread may run it here in place of a worker. A module
 * task may if its module is imported here and it is not declared as asynchronous.
 */
export function functionOnOwnThread(
  functions: Functions,
  task: number,
): AnyFunction | undefined {
  const record = functions.record(task);
  if (record.kind === "source") {
    return mayRunOnOwnThread(record)
      ? functions.load(task) as AnyFunction
      : undefined;
  }
  try {
    const fn = loadedTask(record);
    return fn === undefined || isAsync(fn) ? undefined : fn;
  } catch {
    // Tasks of the same name: a call that is sent reports it.
    return undefined;
  }
}

/**
 * Whether it makes no difference to anyone on which thread a self-contained function runs. It
 * must be synchronous, end with its result, and use only its arguments and globals that are the
 * same everywhere: no `Atomics` or `parIter()`, which may wait, no `currentRuntime()`, and no
 * `globalThis` or `process`, of which each thread has its own.
 */
function mayRunOnOwnThread(task: TaskRecord): boolean {
  if (task.kind === "module" || mayLeaveWork(task)) return false;
  if (/^\(async\b/.test(task.source)) return false;
  const uses = findOuterUses(task.source);
  return uses !== undefined && !uses.usesEval &&
    uses.names.every(({ name, use }) =>
      use !== "write" && SAME_ON_ALL.has(name)
    );
}

function isAsync(fn: AnyFunction): boolean {
  return Object.prototype.toString.call(fn).startsWith("[object Async");
}
