/**
 * Runs functions whose callers listen to their reports.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { SharedQueue } from "../monitor/shared_queue.ts";
import type { Functions } from "../tasks/functions.ts";
import { runReporting } from "./report.ts";
import type { ReportingArguments } from "./serve_reports.ts";

/** Runs one function. */
export async function runReportingTask(
  endpoint: Endpoint,
  functions: Functions,
  request: ReportingArguments,
): Promise<unknown> {
  const memory = request.pop() as SharedArrayBuffer;
  const task = request.pop() as number;
  const queue = new SharedQueue(memory, endpoint);
  try {
    const fn = functions.loaded(task) ?? await functions.load(task);
    const reporter = (value: unknown) => queue.replace(value);
    return await runReporting(reporter, () => fn(...request));
  } catch (error) {
    throw functions.explain(task, error);
  } finally {
    // What the call left behind may go on, but its reports go nowhere.
    queue.close();
  }
}
