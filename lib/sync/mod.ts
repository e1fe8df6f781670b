/**
 * Locks and queues in shared memory, for all threads of a runtime.
 *
 * Objects of these classes cross by reference: a task that gets one as an argument uses the same
 * lock or queue. `await` them on event loops; the methods whose names end in `Sync` block the
 * thread, and are for compute workers.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { Mutex } from "@loom/runtime/sync";
 *
 * await using runtime = await new LoomBuilder().build();
 * const mutex = new Mutex();
 * const visits = runtime.alloc(Int32Array, 1);
 * const visit = (mutex: Mutex, visits: Int32Array) => {
 *   using _guard = mutex.lockSync();
 *   return ++visits[0];
 * };
 * await Promise.all([1, 2, 3].map(() => runtime.spawnCompute(visit, mutex, visits)));
 * console.log(visits[0]); // 3
 * ```
 *
 * @module
 */

export { Barrier } from "./barrier.ts";
export { Channel, type ChannelOptions } from "./channel.ts";
export { Latch } from "./latch.ts";
export type { BlockOptions, WaitOptions } from "../monitor/limits.ts";
export { LockGuard } from "./lock_guard.ts";
export { Mutex } from "./mutex.ts";
export { RwLock } from "./rw_lock.ts";
export { Permit, Semaphore } from "./semaphore.ts";
export { type ObjectOptions, SharedObject } from "./shared_object.ts";
export {
  ChannelClosedError,
  HolderLostError,
  ShutdownError,
  TimeoutError,
} from "../errors.ts";
