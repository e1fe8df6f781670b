/**
 * Types of what a runtime returns.
 *
 * @module
 */

import type { Cloned } from "./cloned.ts";
import type { ThreadRole } from "./placement/names.ts";
import type { AsyncResult, MaybeTask } from "./tasks/task.ts";

/** One thread of a runtime. */
export interface ThreadInfo {
  /** Full name, such as `myapp-compute-0000`. */
  readonly name: string;
  /**
   * The name of a worker in the kernel, at most 15 bytes. The main thread is not renamed in
   * the kernel, because its name is that of the process, which `ps` shows.
   */
  readonly kernelName: string;
  /** Event loop or compute worker. */
  readonly role: ThreadRole;
  /** The CPU that the thread is to be pinned to; null when it is not pinned. */
  readonly cpu: number | null;
  /** The CPUs that the kernel lets it run on now, ascending; empty where unknown. */
  readonly allowedCpus: readonly number[];
  /** The thread's id in the kernel, as in `/proc/self/task`; 0 where it is unknown. */
  readonly threadId: number;
}

/** The worker that runs a task. */
export interface CurrentWorker {
  /** Its number among the threads of its role, from 0; that of the main thread is async 0. */
  readonly index: number;
  /** Full name, such as `myapp-compute-0000`. */
  readonly name: string;
  /** The CPU that it is pinned to; null when it is not pinned. */
  readonly cpu: number | null;
}

/** Where tools reach a runtime that is observed. */
export interface ObserverAddresses {
  /** The path of its Unix socket. */
  readonly socket?: string;
  /** Its page for browsers, such as `http://127.0.0.1:9000/`. */
  readonly url?: string;
}

/** Makes untracked calls on the compute workers: shutdown does not wait for them. */
export interface ComputePool {
  /** Number of compute workers. */
  readonly threads: number;
  /** Like {@linkcode LoomRuntime.spawnCompute}, untracked. */
  spawn<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>>;
}

/** Makes untracked calls on the event loops: shutdown does not wait for them. */
export interface AsyncHandle {
  /** Number of event loops, the main one included. */
  readonly threads: number;
  /** Like {@linkcode LoomRuntime.spawnAsync}, untracked. */
  spawn<Args extends unknown[], Result, IsTask = false>(
    fn: MaybeTask<Args, Result, IsTask>,
    ...args: Args
  ): Promise<AsyncResult<Result, IsTask>>;
}

/** What a worker does. */
export interface WorkerStats {
  /** Name of its thread, such as `myapp-compute-0000`. */
  readonly name: string;
  /**
   * `"busy"`: it runs code of a call, or has results to send. `"searching"`: it has nothing to
   * do and spins. `"asleep"`: it has nothing to do but to wait, perhaps for what its calls
   * await.
   */
  readonly state: "busy" | "searching" | "asleep";
  /** Number of calls that it has begun and not ended, those that await something included. */
  readonly running: number;
}

/** How busy the workers of one kind are. */
export interface PoolStats {
  /** Number of calls that no worker has begun: those of all threads that have a slot, and
   * those of the calling thread that wait for one. */
  readonly queued: number;
  /** Number of these that wait for a slot or for memory: calls of the calling thread only. */
  readonly waiting: number;
  /** Number of calls of all threads that workers have begun and not ended. */
  readonly running: number;
  /**
   * Number of calls that workers have begun so far, modulo 2³². The difference of two readings
   * is the number of calls between them. Items of a stream may share a call.
   */
  readonly begun: number;
  /** The workers, in their order. */
  readonly workers: readonly WorkerStats[];
}

/** How busy the workers of a runtime are, at one moment. */
export interface RuntimeStats {
  /** The compute workers. */
  readonly compute: PoolStats;
  /** The event-loop workers. What runs on the main thread is not among it. */
  readonly async: PoolStats;
}
