/**
 * A count of events that others wait for.
 *
 * @module
 */

import { checkCount } from "../monitor/counts.ts";
import { STATE } from "../monitor/layout.ts";
import {
  type BlockOptions,
  Outcome,
  type WaitOptions,
} from "../monitor/limits.ts";
import type { Monitor } from "../monitor/monitor.ts";
import { showState } from "../shown_state.ts";
import {
  type ObjectOptions,
  registerShared,
  SharedObject,
} from "./shared_object.ts";

/** State of a latch: how many events are left. */
const COUNT = STATE;

const MAX_COUNT = 2 ** 30;
const WAIT = "wait for latch";

/**
 * A number that counts down to 0, once, and wakes all that wait for that.
 *
 * It crosses by reference. A latch does not know who will count it down: where a worker may
 * end before it does, give the wait a time limit.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { Latch } from "@loom/runtime/sync";
 *
 * await using runtime = await new LoomBuilder().build();
 * const loaded = new Latch(2);
 * const load = (loaded: Latch) => {
 *   loaded.countDown();
 * };
 * const calls = [1, 2].map(() => runtime.spawnCompute(load, loaded));
 * await loaded.wait();
 * console.log(loaded.count); // 0
 * await Promise.all(calls);
 * ```
 */
export class Latch extends SharedObject {
  readonly #monitor: Monitor;

  /**
   * Makes a latch for the threads of a runtime.
   *
   * @param count How many events to wait for, from 0 on.
   * @throws {RangeError} If `count` is not such an integer.
   */
  constructor(count: number, options: ObjectOptions = {}) {
    checkCount("create latch", "count", count, 0, MAX_COUNT);
    super(options.runtime, { lines: 1, state: { [COUNT]: count } });
    this.#monitor = SharedObject.monitorOf(this, {
      // All that wait are signalled with the last event.
      lines: [() => false],
      lostHolder() {},
    });
  }

  /** How many events are left. */
  get count(): number {
    return this.#monitor.words.load(COUNT);
  }

  /**
   * Counts events. Below 0, the count stays 0.
   *
   * @param events How many events.
   */
  countDown(events = 1): void {
    checkCount("count down", "events", events, 1, MAX_COUNT);
    this.#monitor.run(() => {
      const { words, lines } = this.#monitor;
      const count = words.read(COUNT);
      if (count === 0) return;
      words.store(COUNT, Math.max(0, count - events));
      if (count <= events) lines[0].wakeAll();
    });
  }

  /**
   * Waits until the count is 0, without blocking the event loop.
   *
   * @throws {TimeoutError} If it takes longer than `timeoutMs`.
   * @throws {ShutdownError} If the runtime ends.
   */
  async wait(options: WaitOptions = {}): Promise<void> {
    await this.#opening().wait(this.#monitor.lines[0], WAIT, options);
  }

  /** Like {@linkcode Latch.wait}, but blocks the thread. For compute workers. */
  waitSync(options: BlockOptions = {}): void {
    this.#opening().block(this.#monitor.lines[0], WAIT, options);
  }

  #opening(): Opening {
    return new Opening(this.#monitor);
  }
}

/** The count has become 0. */
class Opening extends Outcome<void> {
  readonly want = 0;
  readonly #monitor: Monitor;

  constructor(monitor: Monitor) {
    super();
    this.#monitor = monitor;
  }

  attempt(): boolean {
    return this.#monitor.words.read(COUNT) === 0;
  }

  take(): void {}
}

showState(Latch, ({ count }) => ({ count }));
registerShared("Latch", Latch, () => new Latch(0));
