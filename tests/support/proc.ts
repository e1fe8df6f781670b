/**
 * What the kernel says about the threads of this process.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { parseCpuset } from "../../lib/placement/cpuset.ts";

/** One thread as `/proc/self/task` shows it. */
export interface KernelThread {
  /** Name of its folder. */
  readonly threadId: number;
  /** What `ps` and `top` show, 15 bytes at most. */
  readonly name: string;
  /** The CPUs that it may run on. */
  readonly cpus: number[];
}

/** All threads of this process, by thread id. */
export function kernelThreads(): KernelThread[] {
  return readdirSync("/proc/self/task")
    .map(Number)
    .sort((a, b) => a - b)
    .map(readThread)
    .filter((thread) => thread !== undefined);
}

/** The threads whose name begins with `prefix`, by name. */
export function threadsNamed(prefix: string): KernelThread[] {
  return kernelThreads()
    .filter(({ name }) => name.startsWith(prefix))
    .sort((a, b) => a.name < b.name ? -1 : 1);
}

/** The first thread of the process: the one that runs the tests. */
export function mainThread(): KernelThread {
  const thread = readThread(process.pid);
  if (thread === undefined) {
    throw new Error("Cannot read the main thread: /proc does not show it");
  }
  return thread;
}

/** Undefined for a thread that has ended since its folder was listed. */
function readThread(threadId: number): KernelThread | undefined {
  try {
    const folder = `/proc/self/task/${threadId}`;
    const name = readFileSync(`${folder}/comm`, "utf8").trimEnd();
    const status = readFileSync(`${folder}/status`, "utf8");
    const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "";
    return { threadId, name, cpus: parseCpuset(list) };
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
