/**
 * A lock for one thread at a time.
 *
 * @module
 */

import type { BlockOptions, WaitOptions } from "../monitor/limits.ts";
import { LockGuard } from "./lock_guard.ts";
import { AVAILABLE, Permits, Take } from "./permits.ts";
import { showState } from "../shown_state.ts";
import {
  type ObjectOptions,
  registerShared,
  SharedObject,
} from "./shared_object.ts";

/**
 * A lock that one piece of code at a time holds, on any thread of a runtime. It protects
 * shared memory, or anything else.
 *
 * It crosses by reference: a task that gets it as an argument locks the same mutex. Threads
 * get it in the order in which they began to wait, and the code of one thread in its order.
 *
 * If a thread ends while it holds the mutex, what it protects may be half changed. Each
 * attempt to lock it then fails with {@linkcode HolderLostError}, until some code calls
 * {@linkcode Mutex.recover}.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { Mutex } from "@loom/runtime/sync";
 *
 * await using runtime = await new LoomBuilder().build();
 * const counts = runtime.alloc(Int32Array, 2);
 * const mutex = new Mutex();
 * const add = (mutex: Mutex, counts: Int32Array) => {
 *   const guard = mutex.lockSync();
 *   counts[0]++;
 *   counts[1] = counts[0] * 10;
 *   guard.unlock();
 * };
 * await Promise.all(
 *   Array.from({ length: 100 }, () => runtime.spawnCompute(add, mutex, counts)),
 * );
 * console.log([...counts]); // [100, 1000]
 * ```
 */
export class Mutex extends SharedObject {
  readonly #permits: Permits;

  /** Makes a mutex that nobody holds, for the threads of a runtime. */
  constructor(options: ObjectOptions = {}) {
    super(options.runtime, { lines: 1, state: { [AVAILABLE]: 1 } });
    this.#permits = Permits.of(this, 1);
  }

  /** Whether some code holds it. */
  get isLocked(): boolean {
    return this.#permits.available === 0;
  }

  /** Whether its holder has ended, and nobody has called {@linkcode Mutex.recover}. */
  get isLost(): boolean {
    return this.#permits.isLost;
  }

  /**
   * Waits for the mutex without blocking the event loop.
   *
   * @returns What unlocks it.
   * @throws {HolderLostError} If its holder has ended.
   * @throws {TimeoutError} If it takes longer than `timeoutMs`.
   * @throws {ShutdownError} If the runtime ends.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   * import { Mutex } from "@loom/runtime/sync";
   *
   * await using _runtime = await new LoomBuilder().build();
   * const mutex = new Mutex();
   * {
   *   using _guard = await mutex.lock({ timeoutMs: 1000 });
   *   console.log(mutex.isLocked); // true
   * }
   * console.log(mutex.isLocked); // false
   * ```
   */
  async lock(options: WaitOptions = {}): Promise<LockGuard> {
    return await this.#take(false).wait(this.#permits.line, LOCK, options);
  }

  /**
   * Blocks the thread until it holds the mutex. For compute workers: an event loop stands
   * still meanwhile, with the asynchronous code that may hold the mutex.
   *
   * @returns What unlocks it.
   * @throws What {@linkcode Mutex.lock} rejects with.
   * @throws {LoomError} If code of this thread holds it, which could not unlock it.
   */
  lockSync(options: BlockOptions = {}): LockGuard {
    return this.#take(false).block(this.#permits.line, LOCK, options);
  }

  /**
   * Locks the mutex if nobody holds it or waits for it.
   *
   * @returns What unlocks it; undefined if it is not locked by this call.
   * @throws {HolderLostError} If its holder has ended.
   */
  tryLock(): LockGuard | undefined {
    return this.#take(false).try(this.#permits.line);
  }

  /**
   * Like {@linkcode Mutex.lock}, also if its holder has ended. The caller repairs what the
   * mutex protects, if {@linkcode LockGuard.wasLost} says so.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   * import { Mutex } from "@loom/runtime/sync";
   *
   * await using _runtime = await new LoomBuilder().build();
   * const mutex = new Mutex();
   * using guard = await mutex.recover();
   * if (guard.wasLost) console.log("check the data");
   * ```
   */
  async recover(options: WaitOptions = {}): Promise<LockGuard> {
    return await this.#take(true).wait(this.#permits.line, LOCK, options);
  }

  /** Like {@linkcode Mutex.recover}, but blocks as {@linkcode Mutex.lockSync} does. */
  recoverSync(options: BlockOptions = {}): LockGuard {
    return this.#take(true).block(this.#permits.line, LOCK, options);
  }

  #take(recovers: boolean): Take<LockGuard> {
    const permits = this.#permits;
    return new Take(
      permits,
      1,
      LOCK,
      recovers,
      (wasLost) => new LockGuard(() => permits.release(1), wasLost),
    );
  }
}

const LOCK = "lock mutex";

showState(Mutex, ({ isLocked, isLost }) => ({ isLocked, isLost }));
registerShared("Mutex", Mutex, () => new Mutex());
