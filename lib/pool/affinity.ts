/**
 * The main thread's CPU, which all runtimes of a process share.
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

/** How often helper threads are looked for, at most. */
const SWEEP_EVERY_MS = 100;

/** What the process could use before any runtime pinned the main thread. */
let original: AllowedCpus | undefined;
let pinnedCount = 0;
let sweptAtMs = 0;
/** Threads that were pinned on purpose, by all runtimes of this process. */
const pinnedThreadIds = new Set<number>();

/** The CPUs that the process may use, as they were before anything was pinned. */
export function processCpus(): AllowedCpus {
  if (pinnedCount === 0) original = allowedCpus();
  return original!;
}

/** Pins the main thread; {@linkcode releaseMainThread} takes it back. */
export function pinMainThread(cpu: number): PinOutcome {
  processCpus();
  pinnedCount++;
  const outcome = pinCurrentThread(cpu, null);
  pinnedThreadIds.add(outcome.threadId);
  return outcome;
}

/** Gives the main thread its CPUs back when no runtime pins it any more. */
export function releaseMainThread(threadId: number): void {
  if (--pinnedCount > 0) return;
  pinnedThreadIds.delete(threadId);
  unpinCurrentThread(original!.cpus);
}

/** A worker was pinned: leave it alone. */
export function addPinnedThread(threadId: number): void {
  pinnedThreadIds.add(threadId);
}

/** A pinned worker has ended. */
export function removePinnedThread(threadId: number): void {
  pinnedThreadIds.delete(threadId);
}

/**
 * Gives threads that the JavaScript runtime started for itself (compilers, garbage
 * collectors, file access) the whole process's CPUs: they inherit the one CPU of the pinned
 * thread that started them. Without `force`, does nothing if it was done a moment ago.
 */
export function sweepHelperThreads(force: boolean): void {
  if (pinnedCount === 0) return;
  const now = performance.now();
  if (!force && now - sweptAtMs < SWEEP_EVERY_MS) return;
  sweptAtMs = now;
  freeHelperThreads([...pinnedThreadIds], original!.cpus);
}
