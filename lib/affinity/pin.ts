/**
 * Pins, names and unpins the calling thread.
 *
 * All functions act on the calling thread, so they must run in the thread to change.
 *
 * @module
 */

import process from "node:process";
import {
  currentThreadId,
  getAffinityOf,
  getThreadAffinity,
  getThreadName,
  setThreadAffinity,
  setThreadName,
} from "../../ffi/libc.ts";
import { formatCpuset } from "../placement/cpuset.ts";

/** The outcome of pinning, as plain data that can be posted to another thread. */
export interface PinOutcome {
  /** The requested CPU. */
  readonly cpu: number;
  /** Whether the kernel now runs this thread on that CPU only. */
  readonly pinned: boolean;
  /** Why the thread is not pinned; null if it is. */
  readonly failure: string | null;
  /** The CPUs on which the thread may run, read back from the kernel; empty if unknown. */
  readonly effectiveCpus: number[];
  /** The thread's id as in `/proc/self/task`; 0 if unknown. */
  readonly threadId: number;
  /** The kernel's name of the thread; null if unknown. */
  readonly kernelName: string | null;
}

/** The CPUs that this thread may use, and the source of that. */
export interface AllowedCpus {
  /** CPU numbers, ascending; never empty. */
  readonly cpus: number[];
  /** The kernel's affinity mask, or an estimate from the number of processors. */
  readonly source: "affinity" | "hardwareConcurrency";
  /** Why it is an estimate. */
  readonly warning?: string;
  /** Whether threads cannot be pinned on this operating system at all. */
  readonly isOtherSystem?: boolean;
}

/**
 * Pins the calling thread to `cpu` and reads the effective mask back. Never throws: failures
 * are in the outcome.
 *
 * @param kernelName New name of the thread, set even if pinning fails; null keeps the name.
 * On the main thread a new name renames the process in `ps`.
 *
 * @example Usage
 * ```ts
 * import { allowedCpus, pinCurrentThread, unpinCurrentThread } from "./pin.ts";
 *
 * const { cpus } = allowedCpus(); // before pinning, which narrows it
 * const outcome = pinCurrentThread(cpus[0], null);
 * if (!outcome.pinned) console.warn(outcome.failure);
 * unpinCurrentThread(cpus);
 * ```
 */
export function pinCurrentThread(
  cpu: number,
  kernelName: string | null,
): PinOutcome {
  const set = setThreadAffinity([cpu]);
  const readBack = getThreadAffinity();
  const effectiveCpus = readBack.ok ? readBack.value : [];
  const failure = set.ok ? readBackFailure(cpu, effectiveCpus) : set.message;
  // Names are only for people, so a failure to set one is ignored.
  if (kernelName !== null) setThreadName(kernelName);
  const name = getThreadName();
  return {
    cpu,
    pinned: failure === null,
    failure,
    effectiveCpus,
    threadId: currentThread(),
    kernelName: name.ok ? name.value : null,
  };
}

/**
 * Names the calling thread without pinning it; null keeps the name. Never throws: the name
 * is not essential.
 *
 * @returns The thread's id, or 0 if unknown.
 */
export function nameCurrentThread(kernelName: string | null): number {
  if (kernelName !== null) setThreadName(kernelName);
  return currentThread();
}

/** The CPUs that a thread of this process may run on; empty if unknown. */
export function cpusOfThread(threadId: number): number[] {
  // The kernel takes 0 for the calling thread.
  const affinity = threadId === 0 ? undefined : getAffinityOf(threadId);
  return affinity?.ok ? affinity.value : [];
}

/** The kernel's id of the calling thread, or 0 if unknown. */
export function currentThread(): number {
  const threadId = currentThreadId();
  return threadId.ok ? threadId.value : 0;
}

/**
 * Lets the calling thread run on `cpus` again, and restores `kernelName` unless it is null.
 *
 * @returns The error message, or null.
 */
export function unpinCurrentThread(
  cpus: readonly number[],
  kernelName: string | null = null,
): string | null {
  const named = kernelName === null ? undefined : setThreadName(kernelName);
  const set = setThreadAffinity(cpus);
  if (!set.ok) return set.message;
  return named === undefined || named.ok ? null : named.message;
}

/**
 * Returns the CPUs that the calling thread may run on.
 *
 * Call this before pinning: a pinned thread, and every thread that it starts, may use only
 * one CPU. Without libc the result is the first `navigator.hardwareConcurrency` CPUs, with
 * a warning.
 */
export function allowedCpus(): AllowedCpus {
  const affinity = getThreadAffinity();
  if (affinity.ok) return { cpus: affinity.value, source: "affinity" };
  const cpuCount = Math.max(navigator.hardwareConcurrency, 1);
  return {
    cpus: Array.from({ length: cpuCount }, (_, cpu) => cpu),
    source: "hardwareConcurrency",
    warning: affinity.message,
    isOtherSystem: process.platform !== "linux",
  };
}

/**
 * Returns why a thread that was pinned to `cpu` and may run on `effectiveCpus` is not
 * pinned; null if it is. The kernel may accept a mask and still use another one, for
 * example in a cgroup.
 */
export function readBackFailure(
  cpu: number,
  effectiveCpus: readonly number[],
): string | null {
  if (effectiveCpus.length === 1 && effectiveCpus[0] === cpu) return null;
  return `Cannot pin this thread to CPU ${cpu}: the kernel runs it on ${
    formatCpuset(effectiveCpus) || "unknown CPUs"
  }`;
}
