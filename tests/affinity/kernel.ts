/**
 * The kernel's data about threads of this process, for comparison.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { parseCpuset } from "../../lib/placement/cpuset.ts";

/** The CPUs that the thread may run on. */
export function kernelCpus(threadId: number): number[] {
  const status = readFileSync(`/proc/self/task/${threadId}/status`, "utf8");
  const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "";
  return parseCpuset(list);
}

/** The CPUs that another process may run on. */
export function processCpus(processId: number): number[] {
  const status = readFileSync(`/proc/${processId}/status`, "utf8");
  return parseCpuset(/^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "");
}

/** The thread's name. */
export function kernelName(threadId: number): string {
  return readFileSync(`/proc/self/task/${threadId}/comm`, "utf8").trimEnd();
}
