/**
 * The task by which a thread calls a function and gets its reports.
 *
 * @module
 */

import { builtInTask, provideTask } from "../tasks/task.ts";

/** The arguments of the function, then its number and the memory of its reports. */
export type ReportingArguments = [
  ...args: unknown[],
  task: number,
  memory: SharedArrayBuffer,
];

/** Runs the function. */
export type ServeReports = (...args: ReportingArguments) => Promise<unknown>;

/** Runs a function on a worker and sends its reports. */
export const serveReports: ServeReports = builtInTask<ServeReports>(
  "serveReports",
  () => {
    throw new Error("Cannot serve reports: this thread is not a worker");
  },
);

/** Sets what {@linkcode serveReports} does on this worker. Call it once, when it starts. */
export function serveReportsWith(server: ServeReports): void {
  provideTask(serveReports, server);
}
