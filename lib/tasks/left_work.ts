/**
 * Which functions may leave work behind when they return.
 *
 * @module
 */

import type { TaskRecord } from "../bridge/task_table.ts";

/**
 * Names without which a self-contained function cannot start anything that goes on after
 * it has returned. Nothing else reaches it: its arguments are copies, without functions.
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
      .raw`\w+Async|spawnCompute|scopeCompute|computeMap|currentRuntime|task)(?![\w$])`,
);

/** An asynchronous function that awaits nothing of the above leaves nothing behind. */
const OWN_ASYNC = /^\(async\b/;

/**
 * Whether code of the task may run after its function has returned or its promise is
 * settled. True more often than needed: a module task may use anything, and a name may
 * stand in a text.
 */
export function mayLeaveWork(task: TaskRecord): boolean {
  return task.kind === "module" ||
    STARTS_WORK.test(task.source.replace(OWN_ASYNC, ""));
}
