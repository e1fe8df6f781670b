/**
 * Describes a shutdown that takes long.
 *
 * @module
 */

import { describeTasks } from "../tasks/task_name.ts";
import type { Pool } from "./pool.ts";

/** What a shutdown waits for. */
export function describeWait(
  { endpoint, tasks }: Pool,
  waitedMs: number,
): string {
  const { taskCount } = endpoint;
  const parts = [describeTasks(tasks, endpoint.tasksInFlight())];
  if (taskCount > 0) parts.push(`${taskCount} task(s) on the event loop`);
  if (!endpoint.control.trackedWork.isDone()) {
    parts.push("calls that workers have made");
  }
  return `loom: shutdown has waited for ${waitedMs} ms for tracked calls: ` +
    `${parts.filter((part) => part !== "").join("; ")}. ` +
    `shutdown({ graceMs }) limits how long it waits`;
}
