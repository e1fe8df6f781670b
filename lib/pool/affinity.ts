/**
 * The CPU affinity of the process, which all its runtimes share.
 *
 * @module
 */

import { freeHelperThreads } from "../placement/helper_threads.ts";
import {
  type AllowedCpus,
  allowedCpus,
  pinCurrentThread,
  type PinOutcome,
  unpinCurrentThread,
} from "../placement/pin.ts";

/** The least time between two searches for helper threads. */
const UNPIN_EVERY_MS = 100;

/** The CPUs that the process could use before a runtime pinned the main thread. */
let original: AllowedCpus | undefined;
let pinnedCount = 0;
let unpinnedAtMs = 0;
/** Threads that the runtimes of this process have pinned. */
const pinnedThreadIds = new Set<number>();

/** Returns the CPUs that the process may use when no runtime has pinned the main thread. */
export function processCpus(): AllowedCpus {
  if (pinnedCount === 0) original = allowedCpus();
  return original!;
}

/** Pins the main thread until {@linkcode unpinMainThread} has been called as often. */
export function pinMainThread(cpu: number): PinOutcome {
  processCpus();
  pinnedCount++;
  const outcome = pinCurrentThread(cpu, null);
  pinnedThreadIds.add(outcome.threadId);
  return outcome;
}

/** Gives the main thread its CPUs back, if no other runtime pins it. */
export function unpinMainThread(threadId: number): void {
  if (--pinnedCount > 0) return;
  pinnedThreadIds.delete(threadId);
  unpinCurrentThread(original!.cpus);
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
  if (pinnedCount === 0) return;
  const now = performance.now();
  if (!force && now - unpinnedAtMs < UNPIN_EVERY_MS) return;
  unpinnedAtMs = now;
  freeHelperThreads([...pinnedThreadIds], original!.cpus);
}
