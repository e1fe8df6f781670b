/**
 * The calls that a test leaves behind.
 *
 * @module
 */

import type { CallInFlight } from "../calls/call_slots.ts";
import type { LoomRuntime } from "../runtime.ts";
import { taskName } from "../tasks/task_name.ts";

/**
 * Describes the calls in flight of a runtime, such as `2 × resize, for 12 ms` and the places
 * where they were made.
 *
 * @returns Undefined if there are none.
 */
export function describeCalls(runtime: LoomRuntime): string | undefined {
  const { endpoint, tasks } = runtime;
  const nowMs = endpoint.metrics.now();
  const byTask = Map.groupBy(endpoint.callsInFlight(), ({ task }) => task);
  const lines = [...byTask].map(([task, calls]) =>
    `${calls.length} × ${taskName(tasks.read(task))}${detailsOf(calls, nowMs)}`
  );
  const { taskCount } = endpoint;
  if (taskCount !== 0) {
    lines.push(`${taskCount} × spawnAsync() of a function on this thread`);
  }
  return lines.length === 0
    ? undefined
    : lines.map((line) => `\n  ${line}`).join("");
}

/** How long the oldest of these calls has been in flight, and where it was made. */
function detailsOf(calls: readonly CallInFlight[], nowMs: number): string {
  const oldest = calls.reduce((a, b) =>
    (b.sinceMs ?? Infinity) < (a.sinceMs ?? Infinity) ? b : a
  );
  const { sinceMs } = oldest;
  const since = sinceMs === undefined
    ? ""
    : `, for ${Math.round(nowMs - sinceMs)} ms`;
  return `${since}${calls.find(({ site }) => site !== "")?.site ?? ""}`;
}

/** Drops the outcomes of all calls of this thread: none of them rejects any more. */
export function abandonCalls({ endpoint }: LoomRuntime): void {
  endpoint.compute.inFlight.abandon();
  endpoint.async?.inFlight.abandon();
}
