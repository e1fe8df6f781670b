/**
 * Which threads of the process the runtimes of this thread have pinned, and the care for
 * what stands beside them.
 *
 * @module
 */

import { setAffinityOf } from "../../ffi/libc.ts";
import { threadState } from "../thread_state.ts";
import { InheritedMasks } from "./inherited_masks.ts";
import {
  type AllowedCpus,
  cpusOfThread,
  currentThread,
  nameCurrentThread,
  type PinOutcome,
} from "./pin.ts";
import { findProcessCpus } from "./process_cpus.ts";
import { ProcessRecord } from "./process_record.ts";
import { reservationFile } from "./reservation.ts";
import {
  aroundUnpinned,
  pinnedCpu,
  pinThread,
  startUnpinned,
  unpinThread,
} from "./thread_mask.ts";
import { unpinStarts } from "./unpinned_starts.ts";

/** The least time between two searches for threads and children to free. */
const SEARCH_EVERY_MS = 100;
/** A search may take one part in this many of the time. */
const MAX_SEARCH_SHARE = 100;

/** Shared by all copies of the library on this thread. */
const state = threadState("pinned", () => ({
  /** The CPUs that the process could use before a runtime pinned threads. */
  original: undefined as AllowedCpus | undefined,
  record: undefined as ProcessRecord | undefined,
  masks: undefined as InheritedMasks | undefined,
  /** Ends the care for what the main thread starts. */
  stopUnpinning: () => {},
  /** How many runtimes pin threads, and how many of them the main thread. */
  pinningCount: 0,
  mainPinCount: 0,
  /** Pinned threads, with their CPUs. */
  threads: new Map<number, number>(),
  nextSearchMs: 0,
}));

/** Returns the CPUs that the process may use when no runtime has pinned a thread. */
export function processCpus(): AllowedCpus {
  if (state.pinningCount === 0) state.original = findProcessCpus();
  return state.original!;
}

/**
 * Notes that a runtime is going to pin threads, until {@linkcode endPinning} is called.
 *
 * @returns Where pinned threads are recorded; undefined if that is not possible.
 */
export function beginPinning(): ProcessRecord | undefined {
  const { cpus } = processCpus();
  if (state.pinningCount++ > 0) return state.record;
  const record = ProcessRecord.findOrCreate();
  state.record = record;
  if (record === undefined) return undefined;
  record.cpus = cpus;
  const threadId = currentThread();
  record.setThread(threadId, {
    cpu: record.pinnedCpu(threadId),
    reservation: reservationFile(),
  });
  // Only once: later, threads may have inherited the mask of an earlier runtime's.
  state.masks ??= new InheritedMasks(record);
  return record;
}

/** Pins the main thread, unless `cpu` is null. */
export function pinMainThread(
  cpu: number | null,
): Pick<PinOutcome, "threadId" | "failure"> {
  if (cpu === null) return { threadId: nameCurrentThread(null), failure: null };
  if (state.mainPinCount++ === 0) unpinStartsOfMainThread();
  const outcome = pinThread(cpu, null, state.record);
  addPinnedThread(outcome.threadId, cpu);
  aroundUnpinned({
    before: freeChildren,
    after: () => state.masks?.settleChildren(outcome.threadId),
  });
  return outcome;
}

/** Gives all CPUs to children that the main thread has started while it was pinned. */
function freeChildren(): void {
  const [cpu, threadId] = [pinnedCpu(), currentThread()];
  if (cpu === null) return;
  state.masks?.freeChildren({ threadId, cpu }, processCpus().cpus);
}

/** The opposite of {@linkcode pinMainThread} with the same CPU. */
export function unpinMainThread(cpu: number | null, threadId: number): void {
  if (cpu === null || --state.mainPinCount > 0) return;
  state.stopUnpinning();
  unpinThread(state.original!.cpus);
  removePinnedThread(threadId);
}

function unpinStartsOfMainThread(): void {
  state.stopUnpinning = unpinStarts(processCpus().cpus, (workerName) => {
    state.masks?.expectWorker(workerName);
    freeInheritedMasks(true);
  });
}

/** The opposite of {@linkcode beginPinning}. */
export function endPinning(): void {
  state.pinningCount--;
}

/** Notes that a worker was pinned. */
export function addPinnedThread(threadId: number, cpu: number): void {
  state.threads.set(threadId, cpu);
}

/** Notes that a pinned thread has ended, or is not pinned any more. */
export function removePinnedThread(threadId: number): void {
  if (state.threads.delete(threadId)) {
    state.record?.setThread(threadId, undefined);
  }
}

/**
 * Pins a thread again whose mask has changed: the kernel replaces the masks of threads when
 * a CPU goes offline, or when the CPUs of the container change.
 *
 * @returns The CPUs that it may use now.
 */
export function restorePinnedThread(
  threadId: number,
  cpu: number,
): readonly number[] {
  const cpus = cpusOfThread(threadId);
  const isPinned = () => state.record?.pinnedCpu(threadId) === cpu;
  if ((cpus.length === 1 && cpus[0] === cpu) || !isPinned()) return [cpu];
  setAffinityOf(threadId, [cpu]);
  // It may have begun to run code unpinned since the check above.
  if (!isPinned()) setAffinityOf(threadId, state.original!.cpus);
  return cpusOfThread(threadId);
}

/** Runs `fn`, which starts a thread, so that the new thread may use all CPUs at first. */
export function startingThread<T>(fn: () => T): T {
  return state.original === undefined
    ? fn()
    : startUnpinned(state.original.cpus, fn);
}

/**
 * Gives all CPUs of the process to what has inherited the one CPU of a pinned thread: the
 * JavaScript runtime's own threads, Workers and child processes.
 *
 * @param force Whether to search even if the last search was a short time ago.
 */
export function freeInheritedMasks(force: boolean): void {
  const { masks } = state;
  if (masks === undefined || state.pinningCount === 0) return;
  const startMs = performance.now();
  if (!force && startMs < state.nextSearchMs) return;
  const pinned = [...state.threads].map(([threadId, cpu]) => ({
    threadId,
    cpu,
  }));
  masks.freeThreads(pinned, processCpus().cpus);
  freeChildren();
  const endMs = performance.now();
  state.nextSearchMs = endMs +
    Math.max(SEARCH_EVERY_MS, (endMs - startMs) * MAX_SEARCH_SHARE);
}
