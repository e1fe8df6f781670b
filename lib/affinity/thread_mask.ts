/**
 * The CPUs that the calling thread may use: its own one while it is pinned, but all while
 * {@linkcode runUnpinned} runs a function.
 *
 * @module
 */

import {
  pinCurrentThread,
  type PinOutcome,
  unpinCurrentThread,
} from "./pin.ts";

/** The CPU of the calling thread; null if it is not pinned. */
let pinnedCpu: number | null = null;
/** How many functions of {@linkcode runUnpinned} have not ended. */
let unpinnedCount = 0;

/** Pins the calling thread: see {@linkcode pinCurrentThread}. */
export function pinThread(cpu: number, kernelName: string | null): PinOutcome {
  const outcome = pinCurrentThread(cpu, kernelName);
  if (outcome.pinned) pinnedCpu = cpu;
  return outcome;
}

/** Lets the calling thread use `cpus` from now on. */
export function unpinThread(cpus: readonly number[]): void {
  pinnedCpu = null;
  unpinCurrentThread(cpus);
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
 * pinThread(cpus[0], null);
 * runUnpinned(cpus, () => spawnSync("nproc"));
 * unpinThread(cpus);
 * ```
 */
export function runUnpinned<T>(cpus: readonly number[], fn: () => T): T {
  if (pinnedCpu === null) return fn();
  if (unpinnedCount++ === 0) unpinCurrentThread(cpus);
  let result: T | undefined;
  try {
    result = fn();
  } finally {
    if (!(result instanceof Promise)) endUnpinned();
  }
  if (result instanceof Promise) result.then(endUnpinned, endUnpinned);
  return result;
}

function endUnpinned(): void {
  // Meanwhile the runtime may have ended, or another one may have pinned the thread.
  if (--unpinnedCount === 0 && pinnedCpu !== null) {
    pinCurrentThread(pinnedCpu, null);
  }
}
