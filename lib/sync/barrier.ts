/**
 * A point that several threads reach together.
 *
 * @module
 */

import { HolderLostError } from "../errors.ts";
import { checkCount } from "./counts.ts";
import { STATE } from "./layout.ts";
import { type BlockOptions, Outcome, type WaitOptions } from "./limits.ts";
import type { Monitor } from "./monitor.ts";
import {
  type ObjectOptions,
  registerShared,
  SharedObject,
} from "./shared_object.ts";

// State of a barrier. A thread holds as many as its operations that have arrived.
//   word  name     meaning
//   0     PARTIES  how many must arrive
//   1     ARRIVED  how many have
// The threads that wait get an answer at the end of a round.

const PARTIES = STATE;
const ARRIVED = STATE + 1;

/** Answer: all have arrived. */
const PASSED = 1;
/** Answer: a thread that had arrived has ended. */
const LOST = 2;

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
  readonly #monitor: Monitor;

  /**
   * Makes a barrier for the threads of a runtime.
   *
   * @param parties How many must arrive, from 1 on.
   * @throws {RangeError} If `parties` is not such an integer.
   */
  constructor(parties: number, options: ObjectOptions = {}) {
    checkCount("create barrier", "parties", parties, 1, MAX_PARTIES);
    super(options.runtime, { lines: 1, state: { [PARTIES]: parties } });
    this.#monitor = SharedObject.monitorOf(this, {
      // All that wait are signalled at the end of a round.
      lines: [() => false],
      lostHolder: () => this.#endRound(LOST),
    });
  }

  /** How many must arrive. */
  get parties(): number {
    return this.#monitor.words.load(PARTIES);
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
    return await this.#arrival().wait(this.#monitor.lines[0], WAIT, options);
  }

  /** Like {@linkcode Barrier.wait}, but blocks the thread. For compute workers. */
  waitSync(options: BlockOptions = {}): boolean {
    return this.#arrival().block(this.#monitor.lines[0], WAIT, options);
  }

  /**
   * This thread ends.
   *
   * @internal
   */
  abandon(): void {
    this.#monitor.run(() => {
      if (this.#monitor.held !== 0) this.#endRound(LOST);
    });
  }

  #arrival(): Arrival {
    const { held } = SharedObject.waitsOf(this);
    return new Arrival(
      this.#monitor,
      () => this.#endRound(PASSED),
      () => held.add(this),
    );
  }

  /** Inside a step. */
  #endRound(answer: number): void {
    this.#monitor.words.write(ARRIVED, 0);
    this.#monitor.forgetHolds();
    SharedObject.waitsOf(this).held.delete(this);
    this.#monitor.lines[0].wakeAll(answer);
  }
}

/** One that arrives, and waits for the others. */
class Arrival extends Outcome<boolean> {
  readonly want = 0;
  readonly #monitor: Monitor;
  readonly #endRound: () => void;
  readonly #onArrive: () => void;
  #hasArrived = false;
  #isLeader = false;
  #answer = 0;

  constructor(monitor: Monitor, endRound: () => void, onArrive: () => void) {
    super();
    this.#monitor = monitor;
    this.#endRound = endRound;
    this.#onArrive = onArrive;
  }

  attempt(): boolean {
    this.#readAnswer();
    if (this.#answer !== 0) return true;
    if (this.#hasArrived) return false;
    const { words } = this.#monitor;
    const arrived = words.read(ARRIVED) + 1;
    if (arrived === words.read(PARTIES)) {
      this.#isLeader = true;
      this.#answer = PASSED;
      this.#endRound();
      return true;
    }
    this.#hasArrived = true;
    words.write(ARRIVED, arrived);
    this.#monitor.held++;
    this.#onArrive();
    return false;
  }

  /** All operations of this thread that wait have arrived in the round that has ended. */
  #readAnswer(): void {
    const [line] = this.#monitor.lines;
    const answer = line.takeAnswer();
    if (answer === 0) return;
    for (const operation of line.operations) {
      (operation as Arrival).#answer = answer;
    }
  }

  override withdraw(): boolean {
    this.#readAnswer();
    if (this.#answer !== 0) return false;
    const { words } = this.#monitor;
    words.write(ARRIVED, words.read(ARRIVED) - 1);
    this.#monitor.held--;
    return true;
  }

  take(): boolean {
    if (this.#answer !== LOST) return this.#isLeader;
    throw new HolderLostError(
      "Cannot wait at barrier: a thread that had arrived has ended; start its work again, and " +
        "let all parties arrive anew",
    );
  }
}

registerShared("Barrier", Barrier, () => new Barrier(1));
