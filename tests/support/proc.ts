/**
 * What the kernel says about the threads of this process.
 *
 * @module
 */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { parseCpuset } from "../../lib/placement/cpuset.ts";
import { scaleLimit } from "./slowdown.ts";

/** One thread as `/proc/self/task` shows it. */
export interface KernelThread {
  /** Name of its folder. */
  readonly threadId: number;
  /** What `ps` and `top` show, 15 bytes at most. */
  readonly name: string;
  /** The CPUs that it may run on. */
  readonly cpus: number[];
}

const MAX_LOOKS = scaleLimit(20_000);
const pause = new Int32Array(new SharedArrayBuffer(4));

/** All threads of this process, by thread id. */
export function kernelThreads(): KernelThread[] {
  return readdirSync("/proc/self/task")
    .map(Number)
    .sort((a, b) => a - b)
    .map(readThread)
    .filter((thread) => thread !== undefined);
}

/**
 * The threads whose name begins with `prefix`, by name; looks again until they are
 * `count`, and in the end returns what there is.
 *
 * A thread bears the name of the one that started it until it names itself, as Bun's
 * collector does, and one that has ended stays listed for a moment. There is no event
 * at the end of that.
 */
export function threadsNamed(prefix: string, count: number): KernelThread[] {
  for (let looks = 1;; looks++) {
    const threads = kernelThreads()
      .filter(({ name }) => name.startsWith(prefix))
      .sort((a, b) => a.name < b.name ? -1 : 1);
    if (threads.length === count || looks === MAX_LOOKS) return threads;
    Atomics.wait(pause, 0, 0, 1);
  }
}

/** The thread that runs this; Deno's test runner uses another than the process's first. */
export function callingThread(): KernelThread {
  // A synchronous call, so the kernel sees the caller: "1234/task/1240".
  const threadId = Number(readlinkSync("/proc/thread-self").split("/")[2]);
  return readThread(threadId)!;
}

/** Undefined for a thread that has ended. */
function readThread(threadId: number): KernelThread | undefined {
  return unlessEnded(() => {
    const folder = `/proc/self/task/${threadId}`;
    const name = readFileSync(`${folder}/comm`, "utf8").trimEnd();
    const status = readFileSync(`${folder}/status`, "utf8");
    const list = /^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "";
    return { threadId, name, cpus: parseCpuset(list) };
  });
}

/** How much a thread has run so far. */
export interface ThreadActivity {
  readonly threadId: number;
  /** What `ps` and `top` show, 15 bytes at most. */
  readonly name: string;
  /** How often it has gone to sleep, and so how often it has been woken. */
  readonly sleepCount: number;
  /** CPU time that it has used, in the kernel's ticks. */
  readonly ticks: number;
}

/** What the threads of process `pid` have done so far. */
export function threadActivity(pid: number): ThreadActivity[] {
  return readdirSync(`/proc/${pid}/task`)
    .map((threadId) => readActivity(pid, Number(threadId)))
    .filter((thread) => thread !== undefined);
}

function readActivity(
  pid: number,
  threadId: number,
): ThreadActivity | undefined {
  return unlessEnded(() => {
    const folder = `/proc/${pid}/task/${threadId}`;
    const status = readFileSync(`${folder}/status`, "utf8");
    const stat = readFileSync(`${folder}/stat`, "utf8");
    // The name, in parentheses, may have spaces; utime and stime are fields 14 and 15.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return {
      threadId,
      name: /^Name:\s*(.+)$/m.exec(status)?.[1] ?? "",
      sleepCount: Number(
        /^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1],
      ),
      ticks: Number(fields[11]) + Number(fields[12]),
    };
  });
}

/** What `read` returns; undefined for a thread that has ended since it was listed. */
function unlessEnded<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}
