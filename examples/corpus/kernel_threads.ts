/**
 * Reads data about threads from the kernel, independently of loom.
 *
 * @module
 */

import { readFileSync } from "node:fs";

/** A thread in `/proc`. */
export interface KernelThread {
  /** Its name. */
  readonly name: string;
  /** CPUs on which it may run, such as `0-3`. */
  readonly allowedCpus: string;
  /** The CPU on which it ran last. */
  readonly lastCpu: string;
}

/** Reads a thread of this process; returns undefined if that is not possible. */
export function readKernelThread(threadId: number): KernelThread | undefined {
  const folder = `/proc/self/task/${threadId}`;
  try {
    const stat = readFileSync(`${folder}/stat`, "utf8");
    const status = readFileSync(`${folder}/status`, "utf8");
    return {
      name: readFileSync(`${folder}/comm`, "utf8").trim(),
      allowedCpus: /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1] ?? "?",
      // Field 39; the name, field 2, is in parentheses and may contain spaces.
      lastCpu: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[39 - 3],
    };
  } catch {
    return undefined;
  }
}
