/**
 * A number of permits.
 *
 * @module
 */

import { checkCount } from "../monitor/counts.ts";
import type { BlockOptions, WaitOptions } from "../monitor/limits.ts";
import { AVAILABLE, Permits, Take } from "./permits.ts";
import { showState } from "../shown_state.ts";
import {
  type ObjectOptions,
  registerShared,
  SharedObject,
} from "./shared_object.ts";

/** The most permits of a semaphore. */
const MAX_PERMITS = 2 ** 30;

const ACQUIRE = "acquire permits";

/**
 * A number of permits that code takes and gives back, on any thread of a runtime: how many
 * connections are open at a time, or how much memory is in use.
 *
 * It crosses by reference. Threads get permits in the order in which they began to wait, so
 * that one that wants many does not starve. If a thread ends, its permits come back.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { Semaphore } from "@loom/runtime/sync";
 *
 * await using runtime = await new LoomBuilder().build();
 * // At most two of these run at a time, whatever the number of workers.
 * const limit = new Semaphore(2);
 * const load = async (limit: Semaphore, n: number) => {
 *   const permit = await limit.acquire();
 *   await new Promise((resolve) => setTimeout(resolve, 5));
 *   permit.release();
 *   return n;
 * };
 * const loaded = await Promise.all(
 *   [1, 2, 3, 4].map((n) => runtime.spawnCompute(load, limit, n)),
 * );
 * console.log(loaded, limit.available); // [1, 2, 3, 4] 2
 * ```
 */
export class Semaphore extends SharedObject {
  readonly #permits: Permits;

  /**
   * Makes a semaphore for the threads of a runtime.
   *
   * @param permits How many permits it has at first, an integer from 0 to 2³⁰.
   * @throws {RangeError} If `permits` is none of these.
   */
  constructor(permits: number, options: ObjectOptions = {}) {
    checkCount("create semaphore", "permits", permits, 0, MAX_PERMITS);
    super(options.runtime, { lines: 1, state: { [AVAILABLE]: permits } });
    this.#permits = Permits.of(this, Infinity);
  }

  /** Number of permits that nobody holds. */
  get available(): number {
    return this.#permits.available;
  }

  /**
   * Waits for permits without blocking the event loop.
   *
   * @param count How many permits.
   * @returns What gives them back.
   * @throws {TimeoutError} If it takes longer than `timeoutMs`.
   * @throws {ShutdownError} If the runtime ends.
   */
  async acquire(count = 1, options: WaitOptions = {}): Promise<Permit> {
    return await this.#take(count).wait(this.#permits.line, ACQUIRE, options);
  }

  /** Like {@linkcode Semaphore.acquire}, but blocks the thread. For compute workers. */
  acquireSync(count = 1, options: BlockOptions = {}): Permit {
    return this.#take(count).block(this.#permits.line, ACQUIRE, options);
  }

  /** Takes permits if there are enough and nobody waits; else undefined. */
  tryAcquire(count = 1): Permit | undefined {
    return this.#take(count).try(this.#permits.line);
  }

  /** Adds permits that nobody holds, for example those that another thread took for good. */
  add(count: number): void {
    checkCount("add permits", "count", count, 1, MAX_PERMITS);
    this.#permits.add(count);
  }

  #take(count: number): Take<Permit> {
    checkCount(ACQUIRE, "count", count, 1, MAX_PERMITS);
    const permits = this.#permits;
    const release = (isKept: boolean) => permits.release(count, isKept);
    return new Take(
      permits,
      count,
      ACQUIRE,
      false,
      () => new Permit(count, release),
    );
  }
}

/** Permits of a {@linkcode Semaphore}. `using permit = …` gives them back. */
export class Permit implements Disposable {
  /** How many permits. */
  readonly count: number;
  #release: ((isKept: boolean) => void) | undefined;

  /**
   * For {@linkcode Semaphore}.
   *
   * @internal
   */
  constructor(count: number, release: (isKept: boolean) => void) {
    this.count = count;
    this.#release = release;
  }

  /** Gives the permits back. The second call has no effect. */
  release(): void {
    this.#end(false);
  }

  /** Takes the permits out of the semaphore for good: {@linkcode Semaphore.add} adds others. */
  forget(): void {
    this.#end(true);
  }

  /** Does what {@linkcode Permit.release} does. */
  [Symbol.dispose](): void {
    this.#end(false);
  }

  #end(isKept: boolean): void {
    const release = this.#release;
    this.#release = undefined;
    release?.(isKept);
  }
}

showState(Semaphore, ({ available }) => ({ available }));
registerShared("Semaphore", Semaphore, () => new Semaphore(0));
