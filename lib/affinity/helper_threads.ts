/**
 * Keeps helper threads of the JavaScript runtime off the CPUs of pinned threads.
 *
 * A new thread inherits the affinity mask of the thread that starts it. So a thread for
 * compilation, garbage collection or files that a pinned worker starts would run on that
 * worker's CPU only and compete with it.
 *
 * @module
 */

import { getAffinityOf, setAffinityOf } from "../../ffi/libc.ts";
import { listFolder } from "../../ffi/system_files.ts";

/** Threads that have the full mask, or whose mask could not be changed. */
let settled = new Set<number>();

/** The mask to which `settled` refers. */
let settledMask = "";

/**
 * Sets the mask of every thread of the process that may run on a part of `fullMask` only to
 * `fullMask`, except those in `ownThreadIds`.
 *
 * Can be called from any thread. Never throws; without libc it does nothing. Each thread is
 * checked once, so further calls are cheap.
 *
 * @param ownThreadIds All threads that are pinned on purpose, including those of other
 * runtimes in this process. A pinned worker whose id is missing here would be unpinned.
 * @returns The number of threads whose mask was changed.
 */
export function freeHelperThreads(
  ownThreadIds: readonly number[],
  fullMask: readonly number[],
): number {
  const tasks = listFolder("/proc/self/task");
  if (!tasks.ok) return 0;
  forgetOtherMask(fullMask);
  const previous = settled;
  // Rebuilt on each call, since the kernel reuses the ids of ended threads.
  settled = new Set();
  let freedCount = 0;
  for (const task of tasks.value) {
    const threadId = Number(task);
    if (ownThreadIds.includes(threadId)) continue;
    settled.add(threadId);
    if (previous.has(threadId)) continue;
    if (freeThread(threadId, fullMask)) freedCount++;
  }
  return freedCount;
}

function forgetOtherMask(fullMask: readonly number[]): void {
  const mask = fullMask.join();
  if (mask === settledMask) return;
  settledMask = mask;
  settled = new Set();
}

/** Leaves a mask with a CPU outside `fullMask` unchanged: the application set it. */
function freeThread(threadId: number, fullMask: readonly number[]): boolean {
  const affinity = getAffinityOf(threadId);
  if (!affinity.ok) return false;
  const isNarrower = affinity.value.length < fullMask.length &&
    affinity.value.every((cpu) => fullMask.includes(cpu));
  return isNarrower && setAffinityOf(threadId, fullMask).ok;
}
