/**
 * The clock of an inline runtime.
 *
 * @module
 */

import { LoomError } from "../../errors.ts";
import type { Scheduler } from "./scheduler.ts";
import type { Timers } from "./timers.ts";
import { virtualGlobals } from "./virtual_globals.ts";

/**
 * A clock that stands still until {@linkcode VirtualClock.advance} moves it. All time limits of
 * the runtime go by it, and so do the timers and dates of self-contained tasks.
 */
export class VirtualClock {
  readonly #timers: Timers;
  readonly #scheduler: Scheduler;
  readonly #epochMs: number;
  #restore: () => void = () => {};

  /**
   * For {@linkcode inlineRuntime} only.
   *
   * @internal
   */
  constructor(timers: Timers, scheduler: Scheduler, epochMs: number) {
    this.#timers = timers;
    this.#scheduler = scheduler;
    this.#epochMs = epochMs;
  }

  /** The time since the runtime was made, in milliseconds. */
  now(): number {
    return this.#timers.now();
  }

  /** The date that tasks see. */
  date(): Date {
    return new Date(this.#epochMs + this.#timers.now());
  }

  /**
   * Lets an amount of time pass. Before it, after each timer that is due, and at the end, all
   * calls run that can.
   *
   * @param ms How many milliseconds; 0 only runs the calls.
   * @throws {RangeError} If that is not a number of milliseconds from 0 on.
   * @throws {LoomError} If the clock is that of the machine.
   * @throws What the callback of a timer throws that is not of a task.
   *
   * @example Usage
   * ```ts
   * import { inlineRuntime } from "@loom/runtime/testing";
   *
   * await using runtime = await inlineRuntime();
   * const call = runtime.spawnCompute(async () => {
   *   await new Promise((resolve) => setTimeout(resolve, 3_600_000));
   *   return "an hour later";
   * });
   * await runtime.clock.advance(3_600_000);
   * console.log(await call); // an hour later
   * ```
   */
  async advance(ms: number): Promise<void> {
    if (!(Number.isFinite(ms) && ms >= 0)) {
      throw new RangeError(
        `Cannot advance clock: the time must be a number of milliseconds from 0 on, got ${ms}`,
      );
    }
    if (!this.#timers.isVirtual) {
      throw new LoomError(
        "Cannot advance clock: it is that of the machine; build the runtime with clock: " +
          '"virtual"',
      );
    }
    const endMs = this.#timers.now() + ms;
    await this.#scheduler.settled();
    while (this.#timers.nextMs <= endMs) {
      this.#timers.fireNext();
      await this.#scheduler.settled();
    }
    this.#timers.moveTo(endMs);
  }

  /** Resolves after an amount of this clock's time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#timers.startTimer(resolve, ms));
  }

  /**
   * Lets `setTimeout`, `setInterval`, `Date`, `performance.now` and `AbortSignal.timeout` of this
   * thread go by this clock too, for the code of a test and of module tasks. Modules that take
   * timers from `node:timers` are not affected.
   *
   * @returns What puts the old ones back when it is disposed of, at the latest when the runtime
   *   ends.
   *
   * @example Usage
   * ```ts
   * import { inlineRuntime } from "@loom/runtime/testing";
   *
   * await using runtime = await inlineRuntime();
   * using _globals = runtime.clock.replaceGlobals();
   * const signal = AbortSignal.timeout(60_000);
   * await runtime.clock.advance(60_000);
   * console.log(signal.aborted); // true
   * ```
   */
  replaceGlobals(): Disposable {
    this.#restore();
    const names = virtualGlobals(this.#timers, this.#epochMs);
    const old = Object.keys(names).map((name) =>
      [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const
    );
    for (const [name, value] of Object.entries(names)) {
      define(name, { value, writable: true, enumerable: false });
    }
    const restore = () => {
      if (this.#restore !== restore) return;
      this.#restore = () => {};
      for (const [name, descriptor] of old) define(name, descriptor);
    };
    this.#restore = restore;
    return { [Symbol.dispose]: restore };
  }

  /**
   * The runtime has ended.
   *
   * @internal
   */
  stop(): void {
    this.#restore();
    this.#timers.clear();
  }
}

/** Undefined where the global object inherits the name. */
function define(name: string, descriptor: PropertyDescriptor | undefined) {
  if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
  else {
    Object.defineProperty(globalThis, name, {
      ...descriptor,
      configurable: true,
    });
  }
}
