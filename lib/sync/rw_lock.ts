/**
 * A lock for several readers or one writer.
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

/** A writer takes as many permits as there can be readers. */
const ALL = 2 ** 30;

const READ = "lock for reading";
const WRITE = "lock for writing";

/**
 * A lock that several readers hold at a time, or one writer, on any threads of a runtime.
 *
 * It crosses by reference. Threads get it in the order in which they began to wait, so neither
 * readers nor writers starve: a reader waits behind a writer that waits.
 *
 * If a thread ends while it writes, each attempt to lock fails with
 * {@linkcode HolderLostError}, until some code calls {@linkcode RwLock.recover}. If a thread
 * ends while it reads, the lock is released and nothing else happens.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { RwLock } from "@loom/runtime/sync";
 *
 * await using runtime = await new LoomBuilder().build();
 * const table = runtime.alloc(Float64Array, 1000);
 * const lock = new RwLock();
 * const sum = (lock: RwLock, table: Float64Array) => {
 *   const guard = lock.readSync();
 *   try {
 *     return table.reduce((a, b) => a + b, 0);
 *   } finally {
 *     guard.unlock();
 *   }
 * };
 * {
 *   using _guard = await lock.write();
 *   table.fill(2);
 * }
 * console.log(await runtime.spawnCompute(sum, lock, table)); // 2000
 * ```
 */
export class RwLock extends SharedObject {
  readonly #permits: Permits;

  /** Makes a lock that nobody holds, for the threads of a runtime. */
  constructor(options: ObjectOptions = {}) {
    super(options.runtime, { lines: 1, state: { [AVAILABLE]: ALL } });
    this.#permits = Permits.of(this, ALL);
  }

  /** Whether its writer has ended, and nobody has called {@linkcode RwLock.recover}. */
  get isLost(): boolean {
    return this.#permits.isLost;
  }

  /**
   * Waits until no writer holds the lock or waits before, without blocking the event loop.
   *
   * @returns What unlocks it.
   * @throws {HolderLostError} If a writer has ended while it held the lock.
   * @throws {TimeoutError} If it takes longer than `timeoutMs`.
   * @throws {ShutdownError} If the runtime ends.
   */
  async read(options: WaitOptions = {}): Promise<LockGuard> {
    return await this.#take(1, READ).wait(this.#permits.line, READ, options);
  }

  /** Like {@linkcode RwLock.read}, but blocks the thread. For compute workers. */
  readSync(options: BlockOptions = {}): LockGuard {
    return this.#take(1, READ).block(this.#permits.line, READ, options);
  }

  /** Locks for reading if no writer holds the lock and nobody waits; else undefined. */
  tryRead(): LockGuard | undefined {
    return this.#take(1, READ).try(this.#permits.line);
  }

  /**
   * Waits until nobody holds the lock or waits before, without blocking the event loop.
   *
   * @returns What unlocks it.
   * @throws What {@linkcode RwLock.read} rejects with.
   */
  async write(options: WaitOptions = {}): Promise<LockGuard> {
    return await this.#take(ALL, WRITE).wait(
      this.#permits.line,
      WRITE,
      options,
    );
  }

  /** Like {@linkcode RwLock.write}, but blocks the thread. For compute workers. */
  writeSync(options: BlockOptions = {}): LockGuard {
    return this.#take(ALL, WRITE).block(this.#permits.line, WRITE, options);
  }

  /** Locks for writing if nobody holds the lock or waits; else undefined. */
  tryWrite(): LockGuard | undefined {
    return this.#take(ALL, WRITE).try(this.#permits.line);
  }

  /**
   * Like {@linkcode RwLock.write}, also if a writer has ended. The caller repairs what the
   * lock protects, if {@linkcode LockGuard.wasLost} says so.
   */
  async recover(options: WaitOptions = {}): Promise<LockGuard> {
    const take = this.#take(ALL, WRITE, true);
    return await take.wait(this.#permits.line, WRITE, options);
  }

  /** Like {@linkcode RwLock.recover}, but blocks the thread. */
  recoverSync(options: BlockOptions = {}): LockGuard {
    const take = this.#take(ALL, WRITE, true);
    return take.block(this.#permits.line, WRITE, options);
  }

  #take(count: number, what: string, recovers = false): Take<LockGuard> {
    const permits = this.#permits;
    return new Take(
      permits,
      count,
      what,
      recovers,
      (wasLost) => new LockGuard(() => permits.release(count), wasLost),
    );
  }
}

showState(RwLock, ({ isLost }) => ({ isLost }));
registerShared("RwLock", RwLock, () => new RwLock());
