/**
 * How long a shutdown waits.
 *
 * @module
 */

import type { ShutdownOptions } from "../lifecycle.ts";

/** After this many milliseconds a shutdown says what it waits for, unless told otherwise. */
const WARN_AFTER_MS = 10_000;

/** Longest delay of a timer. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** The timers of a shutdown that waits for calls. */
export class Deadline {
  readonly #onPast: (graceMs: number) => void;
  readonly #onWarn: (waitedMs: number) => void;
  #endMs = Infinity;
  #endTimer: ReturnType<typeof setTimeout> | undefined;
  #warnTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param onPast Called when the time is over, with the time that was given.
   * @param onWarn Called once, when the shutdown has waited for long.
   */
  constructor(
    onPast: (graceMs: number) => void,
    onWarn: (waitedMs: number) => void,
  ) {
    this.#onPast = onPast;
    this.#onWarn = onWarn;
  }

  /** Starts the timers. Called again, it can only bring the end forward. */
  limit({ graceMs = Infinity, warnAfterMs = WARN_AFTER_MS }: ShutdownOptions) {
    if (this.#warnTimer === undefined && warnAfterMs <= MAX_DELAY_MS) {
      this.#warnTimer = setTimeout(
        () => this.#onWarn(warnAfterMs),
        warnAfterMs,
      );
    }
    const endMs = performance.now() + graceMs;
    if (graceMs > MAX_DELAY_MS || endMs >= this.#endMs) return;
    this.#endMs = endMs;
    clearTimeout(this.#endTimer);
    this.#endTimer = setTimeout(() => this.#onPast(graceMs), graceMs);
  }

  /** Stops the timers. */
  cancel(): void {
    clearTimeout(this.#endTimer);
    clearTimeout(this.#warnTimer);
  }
}
