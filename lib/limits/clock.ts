/**
 * Where the time of a thread comes from.
 *
 * @module
 */

import { clearTimeout, setTimeout } from "node:timers";

/** The time of a thread, and its timers. */
export interface Clock {
  /** The time at which {@linkcode Clock.now} is 0, in milliseconds of all threads. */
  readonly originMs: number;
  /** The time of this thread, in milliseconds. */
  now(): number;
  /**
   * Calls `fire` once after a delay. The timer keeps no process alive.
   *
   * @returns A function that cancels it.
   */
  startTimer(fire: () => void, delayMs: number): () => void;
}

/** The clock of the machine. The originals: tasks and tests may replace the global ones. */
export const MACHINE_CLOCK: Clock = {
  originMs: performance.timeOrigin,
  now: performance.now.bind(performance),
  startTimer(fire, delayMs) {
    const timer = setTimeout(fire, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
