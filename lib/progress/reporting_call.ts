/**
 * The caller's side of reports.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import type { Reporter } from "./report.ts";

let loaded: typeof import("./reports.ts") | undefined;

/** Loads what calls that report need: only programs that have such calls load it. */
export async function loadReports(): Promise<typeof import("./reports.ts")> {
  return loaded ??= await import("./reports.ts");
}

/**
 * Makes a call and passes its reports to `onProgress`, the newest one when there are several.
 *
 * @param call Calls `serveReports` with the arguments, the task and this memory.
 * @returns The result of the call, after its last report.
 */
export async function callReporting<R>(
  endpoint: Endpoint,
  onProgress: Reporter,
  call: (memory: SharedArrayBuffer) => Promise<R>,
): Promise<R> {
  const { Reports } = loaded ?? await loadReports();
  const reports = new Reports(endpoint, onProgress);
  try {
    return await call(reports.memory);
  } finally {
    await reports.end();
  }
}
