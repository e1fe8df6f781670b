/**
 * Gives all CPUs back to what a pinned thread has started.
 *
 * A new thread or process inherits the affinity mask of the thread that starts it. So a
 * thread for compilation, garbage collection or files that a pinned worker starts, or a
 * child process, would run on that worker's CPU only, and compete with it.
 *
 * @module
 */

import { getAffinityOf, setAffinityOf } from "../../ffi/libc.ts";
import { listFolder, readSmallFile } from "../../ffi/system_files.ts";
import { ownThreadIds, type ProcessRecord } from "./process_record.ts";

/**
 * The names that Deno, V8 and tokio give to their threads, then those of Bun and
 * JavaScriptCore, of which the kernel keeps the first or the last 15 characters.
 */
const RUNTIME_THREADS = [
  /^(V8 DefaultWorke|tokio-runtime-w|worker-\d+)$/,
  /^(Worker|Bun Pool.*|HTTP Client|(IO|File|Sigint) ?Watcher|mi-scavenger)$/,
  /^(JITWorker|JSCWarmUp|HeapHelper|ollector Thread|s Signal Sender)$/,
];

/** What a kernel keeps of a thread's name. */
const MAX_NAME_LENGTH = 15;

/** A pinned thread of this process. */
export interface PinnedThread {
  /** Its id. */
  readonly threadId: number;
  /** Its CPU. */
  readonly cpu: number;
}

/** The neighbours of the pinned threads of one process. */
export class InheritedMasks {
  readonly #record: ProcessRecord;
  /** Threads that have not inherited a pinned thread's mask, or not any more. */
  #settled: Set<number>;
  /** Child processes of which the same holds. */
  #settledChildren = new Set<number>();
  /** Names of Workers, which only the application knows. */
  readonly #workerNames = new Set<string>();

  /**
   * Create it before the first thread is pinned: what runs now cannot have inherited a
   * pinned thread's mask, so its mask is the application's own choice.
   */
  constructor(record: ProcessRecord) {
    this.#record = record;
    this.#settled = new Set(
      ownThreadIds().filter((id) => record.thread(id) === undefined),
    );
  }

  /** The application has started a Worker whose thread has this name. */
  expectWorker(name: string): void {
    this.#workerNames.add(name.slice(0, MAX_NAME_LENGTH));
  }

  /**
   * Gives all CPUs to the threads of the JavaScript runtime, and to Workers, that have the
   * one CPU of a pinned thread. Threads with other names are left alone: native libraries
   * may have narrowed them on purpose. Never throws.
   *
   * @param pinned The threads whose masks may have been inherited.
   * @param all The CPUs of the process.
   * @returns The number of threads whose mask was changed.
   */
  freeThreads(
    pinned: readonly PinnedThread[],
    all: readonly number[],
  ): number {
    const threadIds = ownThreadIds();
    // Only those that run: the kernel reuses the ids of ended threads.
    this.#settled = new Set(threadIds.filter((id) => this.#settled.has(id)));
    const cpus = new Set(pinned.map(({ cpu }) => cpu));
    let freedCount = 0;
    for (const threadId of threadIds) {
      if (this.#settled.has(threadId)) continue;
      const cpu = onlyCpuOf(threadId);
      if (cpu === undefined) {
        this.#settled.add(threadId);
      } else if (cpus.has(cpu) && this.#isOfRuntime(threadId)) {
        this.#settled.add(threadId);
        if (this.#freeThread(threadId, all)) freedCount++;
      }
    }
    return freedCount;
  }

  /**
   * Gives all CPUs to child processes that have the one CPU of the thread that started them.
   *
   * @param parent The calling thread, which is pinned.
   * @param all The CPUs of the process.
   * @returns The number of processes whose mask was changed.
   */
  freeChildren(
    { threadId, cpu }: PinnedThread,
    all: readonly number[],
  ): number {
    const settled = this.#settledChildren;
    this.settleChildren(threadId);
    let freedCount = 0;
    for (const child of this.#settledChildren) {
      if (settled.has(child) || onlyCpuOf(child) !== cpu) continue;
      freeProcess(child, all);
      freedCount++;
    }
    return freedCount;
  }

  /**
   * The children that this thread has now have not inherited its one CPU: a mask that looks
   * so is somebody's choice, for example that of `taskset`.
   */
  settleChildren(threadId: number): void {
    this.#settledChildren = new Set(childrenOf(threadId));
  }

  /** Whether the JavaScript runtime has started the thread, and loom has not pinned it. */
  #isOfRuntime(threadId: number): boolean {
    if (this.#record.thread(threadId) !== undefined) return false;
    const name = readSmallFile(`/proc/self/task/${threadId}/comm`);
    if (!name.ok) return false;
    const known = name.value.trimEnd();
    return RUNTIME_THREADS.some((names) => names.test(known)) ||
      this.#workerNames.has(known);
  }

  #freeThread(threadId: number, all: readonly number[]): boolean {
    const freed = setAffinityOf(threadId, all).ok;
    // It may be a new worker that was recorded and pinned since the check above.
    const cpu = this.#record.pinnedCpu(threadId);
    if (cpu !== null) setAffinityOf(threadId, [cpu]);
    return freed && cpu === null;
  }
}

/** The child processes that a thread of this process has started. */
function childrenOf(threadId: number): number[] {
  const children = readSmallFile(`/proc/self/task/${threadId}/children`);
  if (!children.ok) return [];
  return children.value.split(" ").filter((id) => id !== "").map(Number);
}

/** The CPU of a thread or process that has only one. */
function onlyCpuOf(threadId: number): number | undefined {
  const affinity = getAffinityOf(threadId);
  if (!affinity.ok || affinity.value.length !== 1) return undefined;
  return affinity.value[0];
}

/** A child that runs already may have threads, which have inherited the mask as well. */
function freeProcess(processId: number, cpus: readonly number[]): void {
  setAffinityOf(processId, cpus);
  const tasks = listFolder(`/proc/${processId}/task`);
  if (!tasks.ok) return;
  for (const task of tasks.value) setAffinityOf(Number(task), cpus);
}
