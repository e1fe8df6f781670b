/**
 * Finds out which functions may leave work behind when they return.
 *
 * @module
 */

import type { TaskRecord } from "./task_table.ts";

/**
 * A self-contained function that uses none of these names cannot start work that continues
 * after it has returned. Its arguments do not help it: they are copies, without functions.
 */
const STARTS_WORK = new RegExp(
  String
    .raw`(?<![\w$])(?:async|Promise|then|import|require|process|nextTick|` +
    String
      .raw`set(?:Timeout|Interval|Immediate)|queueMicrotask|reportError|fetch|` +
    String
      .raw`globalThis|self|window|eval|Function|constructor|navigator|subtle|` +
    String
      .raw`caches|indexedDB|localStorage|Deno|Bun|WebAssembly|\w*Worker|Abort\w+|` +
    String
      .raw`WebSocket|EventSource|Event\w*|Message\w+|BroadcastChannel|\w+Stream|` +
    String
      .raw`XMLHttpRequest|FinalizationRegistry|addEventListener|waitAsync|` +
    String
      .raw`\w+Async|spawnCompute|spawnAdaptive|adaptiveMap|scopeCompute|computeMap|computeStream|currentSignal|(?:c|tryC)urrentRuntime|task)(?![\w$])`,
);

/** An asynchronous function that uses none of the names above leaves nothing behind. */
const OWN_ASYNC = /^\(async\b/;

/** These find the call; after an await, it must be known to an asynchronous function. */
const FINDS_CALL = /(?<![\w$])(?:isCancelled|throwIfCancelled)(?![\w$])/;

/**
 * Whether one call may run the function on several items in turn. A function that may leave
 * work behind, or wait for what another call does, needs a call for each item.
 */
export function mayRunItems(task: TaskRecord): boolean {
  return !mayLeaveWork(task) && task.kind === "source" &&
    !OWN_ASYNC.test(task.source) &&
    !/(?<![\w$])(?:Atomics|\w+Sync)(?![\w$])/.test(task.source);
}

/** Whether the function may ask whether its call was cancelled. */
export function mayFindCall(task: TaskRecord): boolean {
  return task.kind === "module" || FINDS_CALL.test(task.source);
}

/** Parallel operations, which also block. */
const RUNS_LOOPS = /(?<![\w$])(?:parIter|parRange|join|scope)(?![\w$])/;

/**
 * Whether code of the task may ask in which context it runs: it reaches values of the thread, or
 * makes calls.
 */
export function mayFindContext(task: TaskRecord): boolean {
  return mayLeaveWork(task) || task.kind === "module" ||
    OWN_ASYNC.test(task.source) || RUNS_LOOPS.test(task.source);
}

/**
 * Whether code of the task may run after its function has returned or its promise is
 * settled. It is also true if the source contains a name only in a string, and for every
 * module task.
 */
export function mayLeaveWork(task: TaskRecord): boolean {
  return task.kind === "module" ||
    (OWN_ASYNC.test(task.source) && FINDS_CALL.test(task.source)) ||
    STARTS_WORK.test(task.source.replace(OWN_ASYNC, ""));
}
