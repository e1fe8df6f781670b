/**
 * What the kernel says about threads, which is not what loom says.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** A thread in `/proc`. */
export interface KernelThread {
  /** Its name. */
  readonly name: string;
  /** CPUs it may run on, such as `0-3`. */
  readonly allowedCpus: string;
  /** The CPU it ran on last. */
  readonly lastCpu: string;
}

/** Asks the kernel about a thread of this process; undefined where it cannot tell. */
export function readKernelThread(threadId: number): KernelThread | undefined {
  const folder = `/proc/self/task/${threadId}`;
  try {
    const stat = readFileSync(`${folder}/stat`, "utf8");
    const status = readFileSync(`${folder}/status`, "utf8");
    return {
      name: readFileSync(`${folder}/comm`, "utf8").trim(),
      allowedCpus: /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? "?",
      // Field 39; the name, field 2, is in brackets and may hold blanks.
      lastCpu: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[39 - 3],
    };
  } catch {
    return undefined;
  }
}
