/**
 * What a runtime hands out.
 *
 * @module
 */

import type { ThreadRole } from "./placement/names.ts";

/** One thread of a runtime. */
export interface ThreadInfo {
  /** Full name, such as `myapp-compute-0000`. */
  readonly name: string;
  /**
   * The name that the kernel has of a worker, in at most 15 bytes. The main thread is not
   * renamed there: its name is the process's, which `ps` shows.
   */
  readonly kernelName: string;
  /** Event loop or compute worker. */
  readonly role: ThreadRole;
  /** The CPU it was pinned to; null when it is not pinned. */
  readonly cpu: number | null;
  /** The kernel's id of it, as in `/proc/self/task`; 0 where that is unknown. */
  readonly threadId: number;
}

/** Untracked access to the compute workers: shutdown does not wait for these calls. */
export interface ComputePool {
  /** Number of compute workers. */
  readonly threads: number;
  /** Like `LoomRuntime.spawnCompute`, untracked. */
  spawn<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>>;
}

/** Untracked access to the event loops: shutdown does not wait for these tasks. */
export interface AsyncHandle {
  /** Number of event loops, the main one included. */
  readonly threads: number;
  /** Like `LoomRuntime.spawnAsync`, untracked. */
  spawn<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>>;
}
