/**
 * What a thread does to itself: pin, read back, name; and how to undo it.
 *
 * All of it acts on the calling thread, so it must run inside the thread meant.
 *
 * @module
 */

import {
  currentThreadId,
  getThreadAffinity,
  getThreadName,
  setThreadAffinity,
  setThreadName,
} from "../../ffi/libc.ts";
import { formatCpuset } from "./cpuset.ts";

/** How pinning went, as plain data that can be posted to another thread. */
export interface PinOutcome {
  /** The CPU asked for. */
  readonly cpu: number;
  /** True when the kernel now runs this thread on that CPU alone. */
  readonly pinned: boolean;
  /** Why it does not; null when it does. */
  readonly failure: string | null;
  /** The CPUs the kernel lets this thread run on, read back; empty if unknown. */
  readonly effectiveCpus: number[];
  /** The thread's id as in `/proc/self/task`; 0 if unknown. */
  readonly threadId: number;
  /** The thread's name as the kernel has it now; null if unknown. */
  readonly kernelName: string | null;
}

/** The CPUs that this thread may use, and who says so. */
export interface AllowedCpus {
  /** CPU numbers, ascending; never empty. */
  readonly cpus: number[];
  /** The kernel's mask, or a guess from the number of processors. */
  readonly source: "affinity" | "hardwareConcurrency";
  /** Why it is only a guess. */
  readonly warning?: string;
}

/**
 * Pins the calling thread to `cpu` and reads back what came of it.
 *
 * `kernelName`, when not null, becomes the thread's name, whether or not pinning
 * worked. On the main thread that renames the process in `ps`, so pass null there
 * unless the user wants it. Never throws: failures are in the outcome.
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
  // A name is a help to people, never a reason to fail.
  if (kernelName !== null) setThreadName(kernelName);
  const name = getThreadName();
  const threadId = currentThreadId();
  return {
    cpu,
    pinned: failure === null,
    failure,
    effectiveCpus,
    threadId: threadId.ok ? threadId.value : 0,
    kernelName: name.ok ? name.value : null,
  };
}

/**
 * Names the calling thread without pinning it, and returns its id, or 0 if that is unknown.
 * With null it keeps its name. Never throws: a thread without a name works as well.
 */
export function nameCurrentThread(kernelName: string | null): number {
  if (kernelName !== null) setThreadName(kernelName);
  const threadId = currentThreadId();
  return threadId.ok ? threadId.value : 0;
}

/**
 * Gives the calling thread `cpus` back, and `kernelName` when there is one.
 *
 * Returns what went wrong, or null.
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
 * The CPUs that the calling thread may run on.
 *
 * Ask before anything is pinned: a pinned thread, and every thread it starts, may
 * use its one CPU only. Without libc it is CPU 0 and up to
 * `navigator.hardwareConcurrency`, and the warning says why.
 */
export function allowedCpus(): AllowedCpus {
  const affinity = getThreadAffinity();
  if (affinity.ok) return { cpus: affinity.value, source: "affinity" };
  const cpuCount = Math.max(navigator.hardwareConcurrency, 1);
  return {
    cpus: Array.from({ length: cpuCount }, (_, cpu) => cpu),
    source: "hardwareConcurrency",
    warning: affinity.message,
  };
}

/**
 * Why a thread that was given `cpu` and may run on `effectiveCpus` is not pinned;
 * null when it is. The kernel may take a mask and still run the thread elsewhere,
 * as in a cgroup.
 */
export function readBackFailure(
  cpu: number,
  effectiveCpus: readonly number[],
): string | null {
  if (effectiveCpus.length === 1 && effectiveCpus[0] === cpu) return null;
  return `Cannot pin this thread to CPU ${cpu}: the kernel runs it on ${
    formatCpuset(effectiveCpus) || "CPUs that it does not tell"
  }`;
}
