/**
 * The CPUs that the calling thread may use: its own one while it is pinned, but all while
 * {@linkcode runUnpinned} runs a function.
 *
 * @module
 */

import { threadState } from "../thread_state.ts";
import {
  currentThread,
  pinCurrentThread,
  type PinOutcome,
  unpinCurrentThread,
} from "./pin.ts";
import type { ProcessRecord } from "./process_record.ts";

const state = threadState("mask", () => ({
  /** Where other isolates look up what is pinned on purpose. */
  record: undefined as ProcessRecord | undefined,
  threadId: 0,
  /** The CPU of this thread; null if it is not pinned. */
  cpu: null as number | null,
  /** How many functions of {@linkcode runUnpinned} have not ended. */
  unpinnedCount: 0,
  /** What to do around a time in which this thread runs unpinned. */
  around: { before: () => {}, after: () => {} } as AroundUnpinned,
}));

/** What to do around a time in which a thread runs unpinned. */
export interface AroundUnpinned {
  /** Called while the thread is still pinned. */
  before(): void;
  /** Called when it is pinned again. */
  after(): void;
}

/** Sets what to do around each time in which this thread will run unpinned. */
export function aroundUnpinned(around: AroundUnpinned): void {
  state.around = around;
}

/**
 * Pins the calling thread, as {@linkcode pinCurrentThread} does, and records it as pinned on
 * purpose.
 */
export function pinThread(
  cpu: number,
  kernelName: string | null,
  record: ProcessRecord | undefined,
): PinOutcome {
  state.record = record;
  state.threadId = currentThread();
  // Before the mask changes: whoever sees the new mask must find the reason.
  recordCpu(cpu);
  const outcome = pinCurrentThread(cpu, kernelName);
  if (outcome.pinned) state.cpu = cpu;
  else recordCpu(state.cpu);
  return outcome;
}

/** The CPU that the calling thread is pinned to; null if it is not pinned. */
export function pinnedCpu(): number | null {
  return state.cpu;
}

/** Lets the calling thread use `cpus` from now on. */
export function unpinThread(cpus: readonly number[]): void {
  state.cpu = null;
  unpinCurrentThread(cpus);
  recordCpu(null);
}

/**
 * Runs `fn`, and lets the calling thread use `cpus` until `fn` has returned, or until the
 * promise that it returns is settled.
 *
 * @example Usage
 * ```ts
 * import { spawnSync } from "node:child_process";
 * import { allowedCpus } from "./pin.ts";
 * import { pinThread, runUnpinned, unpinThread } from "./thread_mask.ts";
 *
 * const { cpus } = allowedCpus();
 * pinThread(cpus[0], null, undefined);
 * runUnpinned(cpus, () => spawnSync("nproc"));
 * unpinThread(cpus);
 * ```
 */
export function runUnpinned<T>(cpus: readonly number[], fn: () => T): T {
  if (state.cpu === null) return fn();
  const result = startUnpinned(cpus, fn, (result) => result instanceof Promise);
  if (!(result instanceof Promise)) return result;
  // The caller gets the promise that follows, so that a rejection is not lost here.
  return result.finally(endUnpinned) as T;
}

/**
 * Runs `fn`, and lets the calling thread use `cpus` until `fn` has returned, unless
 * `goesOn` says of its result that {@linkcode endUnpinned} will be called.
 */
export function startUnpinned<T>(
  cpus: readonly number[],
  fn: () => T,
  goesOn: (result: T) => boolean = () => false,
): T {
  beginUnpinned(cpus);
  let isOver = true;
  try {
    const result = fn();
    isOver = !goesOn(result);
    return result;
  } finally {
    if (isOver) endUnpinned();
  }
}

function beginUnpinned(cpus: readonly number[]): void {
  if (state.unpinnedCount++ > 0 || state.cpu === null) return;
  state.around.before();
  recordCpu(null);
  unpinCurrentThread(cpus);
}

/** Pins the thread again, when everything has ended that runs unpinned. */
export function endUnpinned(): void {
  // Meanwhile the runtime may have ended, or another one may have pinned the thread.
  if (--state.unpinnedCount > 0 || state.cpu === null) return;
  recordCpu(state.cpu);
  pinCurrentThread(state.cpu, null);
  state.around.after();
}

/** What keeps the CPUs of this thread's runtimes reserved stays as it is. */
function recordCpu(cpu: number | null): void {
  const { record, threadId } = state;
  record?.setThread(threadId, {
    cpu,
    reservation: record.thread(threadId)?.reservation ?? 0,
  });
}
