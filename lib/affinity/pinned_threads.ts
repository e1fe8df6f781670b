/**
 * The CPU affinity of the process, which all its runtimes share.
 *
 * @module
 */

import { freeHelperThreads } from "./helper_threads.ts";
import {
  type AllowedCpus,
  allowedCpus,
  nameCurrentThread,
  type PinOutcome,
} from "./pin.ts";
import { pinThread, unpinThread } from "./thread_mask.ts";

/** The least time between two searches for helper threads. */
const UNPIN_EVERY_MS = 100;

/** The CPUs that the process could use before a runtime pinned threads. */
let original: AllowedCpus | undefined;
/** How many runtimes pin threads, and how many of them the main thread. */
let pinningCount = 0;
let mainPinCount = 0;
let unpinnedAtMs = 0;
/** Threads that the runtimes of this process have pinned. */
const pinnedThreadIds = new Set<number>();

/** Returns the CPUs that the process may use when no runtime has pinned a thread. */
export function processCpus(): AllowedCpus {
  if (pinningCount === 0) original = allowedCpus();
  return original!;
}

/**
 * Notes that a runtime pins threads, and pins the main thread if it has a CPU, until
 * {@linkcode endPinning} is called with the same CPU.
 */
export function beginPinning(
  cpu: number | null,
): Pick<PinOutcome, "threadId" | "failure"> {
  processCpus();
  pinningCount++;
  if (cpu !== null) mainPinCount++;
  const outcome = cpu === null
    ? { threadId: nameCurrentThread(null), failure: null }
    : pinThread(cpu, null);
  pinnedThreadIds.add(outcome.threadId);
  return outcome;
}

/** Gives the main thread its CPUs back, if no other runtime pins it. */
export function endPinning(cpu: number | null, threadId: number): void {
  if (--pinningCount === 0) pinnedThreadIds.delete(threadId);
  if (cpu === null || --mainPinCount > 0) return;
  unpinThread(original!.cpus);
}

/** Notes that a worker was pinned, so that it is not unpinned as a helper thread. */
export function addPinnedThread(threadId: number): void {
  pinnedThreadIds.add(threadId);
}

/** Notes that a pinned worker has ended. */
export function removePinnedThread(threadId: number): void {
  pinnedThreadIds.delete(threadId);
}

/**
 * Gives the CPUs of the process to the helper threads of the JavaScript runtime (compilers,
 * garbage collectors, file access). A helper thread inherits the one CPU of the pinned
 * thread that started it.
 *
 * @param force Whether to search even if the last search was less than
 *   `UNPIN_EVERY_MS` ago.
 */
export function unpinHelperThreads(force: boolean): void {
  if (pinningCount === 0) return;
  const now = performance.now();
  if (!force && now - unpinnedAtMs < UNPIN_EVERY_MS) return;
  unpinnedAtMs = now;
  freeHelperThreads([...pinnedThreadIds], original!.cpus);
}
