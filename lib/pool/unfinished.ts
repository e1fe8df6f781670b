/**
 * Which calls are unfinished when a runtime ends, and why.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { ShutdownError } from "../errors.ts";
import { describeTasks } from "../tasks/task_name.ts";
import type { TaskTable } from "../tasks/task_table.ts";

/**
 * The error of a call that is unfinished when its runtime ends.
 *
 * @param breakdown Why workers could not be replaced; undefined if they could.
 * @param graceMs The limit of the shutdown that was exceeded; undefined if none was.
 */
export function unfinishedError(
  breakdown: unknown,
  graceMs: number | undefined,
): ShutdownError {
  if (breakdown !== undefined) {
    return new ShutdownError(
      "Cannot finish call: workers could not be replaced",
      { cause: breakdown },
    );
  }
  return new ShutdownError(
    graceMs === undefined
      ? "Cannot finish call: the runtime was shut down before it ended"
      : `Cannot finish call: the runtime was shut down, and the call was not finished ` +
        `within graceMs, ${graceMs} ms`,
  );
}

/** What a shutdown waits for. */
export function describeWait(
  endpoint: Endpoint,
  tasks: TaskTable,
  waitedMs: number,
): string {
  const { taskCount } = endpoint;
  const calls = endpoint.callsInFlight().map(({ task }) => task);
  const parts = [describeTasks(tasks, calls)];
  if (taskCount > 0) parts.push(`${taskCount} task(s) on the event loop`);
  if (!endpoint.control.trackedWork.isDone()) {
    parts.push("calls that workers have made");
  }
  return `loom: shutdown has waited for ${waitedMs} ms for tracked calls: ` +
    `${parts.filter((part) => part !== "").join("; ")}. ` +
    `shutdown({ graceMs }) limits how long it waits`;
}
