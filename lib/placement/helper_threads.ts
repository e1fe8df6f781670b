/**
 * Keeps the runtime's own threads off the CPUs of pinned threads.
 *
 * A new thread inherits the mask of the one that started it. So a JIT, collector
 * or file-system thread that a pinned worker happens to start would be squeezed
 * on that worker's CPU, where it competes with the work it should help.
 *
 * @module
 */

import { getAffinityOf, setAffinityOf } from "../../ffi/libc.ts";
import { listFolder } from "../../ffi/system_files.ts";

/** Threads seen with the full mask, or that could not be given it. */
let settled = new Set<number>();

/** The mask that `settled` speaks of. */
let settledMask = "";

/**
 * Gives `fullMask` to every thread of the process that is not in `ownThreadIds`
 * and may run on a part of `fullMask` only. Returns how many it freed.
 *
 * `ownThreadIds` must name every thread that is pinned on purpose, those of other
 * runtimes in this process too; a worker that is pinned but has not yet told its id
 * would be set free. Callable from any thread; never throws, and without libc it
 * does nothing. Threads are looked at once, so calling it again is cheap.
 */
export function freeHelperThreads(
  ownThreadIds: readonly number[],
  fullMask: readonly number[],
): number {
  const tasks = listFolder("/proc/self/task");
  if (!tasks.ok) return 0;
  forgetOtherMask(fullMask);
  const previous = settled;
  // Built anew, so that the id of an ended thread is not held against its next owner.
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

/** A mask with a CPU outside `fullMask` is someone else's decision: left alone. */
function freeThread(threadId: number, fullMask: readonly number[]): boolean {
  const affinity = getAffinityOf(threadId);
  if (!affinity.ok) return false;
  const isNarrower = affinity.value.length < fullMask.length &&
    affinity.value.every((cpu) => fullMask.includes(cpu));
  return isNarrower && setAffinityOf(threadId, fullMask).ok;
}
