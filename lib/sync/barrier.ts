/**
 * A point that several threads reach together.
 *
 * @module
 */

import { Arrivals, PARTIES } from "./arrivals.ts";
import { checkCount } from "../monitor/counts.ts";
import type { BlockOptions, WaitOptions } from "../monitor/limits.ts";
import { showState } from "../shown_state.ts";
import {
  type ObjectOptions,
  registerShared,
  SharedObject,
} from "./shared_object.ts";

const MAX_PARTIES = 2 ** 30;
const WAIT = "wait at barrier";

/**
 * A point that a number of calls reach together: each waits until all have arrived. Then it
 * can be used again.
 *
 * It crosses by reference. If a thread ends that has arrived, all that wait fail with
 * {@linkcode HolderLostError}, and the barrier is as new. If a wait ends by its signal or
 * time limit, it has not arrived.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { Barrier } from "@loom/runtime/sync";
 *
 * await using runtime = await new LoomBuilder().build();
 * const barrier = new Barrier(3);
 * const step = async (barrier: Barrier) => await barrier.wait();
 * const calls = [1, 2, 3].map(() => runtime.spawnCompute(step, barrier));
 * const leaders = (await Promise.all(calls)).filter((isLeader) => isLeader);
 * console.log(leaders.length); // 1
 * ```
 */
export class Barrier extends SharedObject {
  readonly #arrivals: Arrivals;

  /**
   * Makes a barrier for the threads of a runtime.
   *
   * @param parties How many must arrive, from 1 on.
   * @throws {RangeError} If `parties` is not such an integer.
   */
  constructor(parties: number, options: ObjectOptions = {}) {
    checkCount("create barrier", "parties", parties, 1, MAX_PARTIES);
    super(options.runtime, { lines: 1, state: { [PARTIES]: parties } });
    this.#arrivals = new Arrivals(
      (rules) => SharedObject.monitorOf(this, rules),
      SharedObject.waitsOf(this).held,
    );
  }

  /** How many must arrive. */
  get parties(): number {
    return this.#arrivals.parties;
  }

  /**
   * Arrives, and waits for the others without blocking the event loop.
   *
   * @returns True for the one that arrived last.
   * @throws {HolderLostError} If a thread that has arrived ends.
   * @throws {TimeoutError} If it takes longer than `timeoutMs`.
   * @throws {ShutdownError} If the runtime ends.
   */
  async wait(options: WaitOptions = {}): Promise<boolean> {
    return await this.#arrivals.arrival().wait(
      this.#arrivals.line,
      WAIT,
      options,
    );
  }

  /** Like {@linkcode Barrier.wait}, but blocks the thread. For compute workers. */
  waitSync(options: BlockOptions = {}): boolean {
    return this.#arrivals.arrival().block(this.#arrivals.line, WAIT, options);
  }
}

showState(Barrier, ({ parties }) => ({ parties }));
registerShared("Barrier", Barrier, () => new Barrier(1));
