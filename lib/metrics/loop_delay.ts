/**
 * How long the event loop of this thread is held up.
 *
 * @module
 */

import { setTimeout } from "node:timers";
import { Histogram, HISTOGRAM_FLOATS } from "../bridge/histogram.ts";
import { threadState } from "../thread_state.ts";
import { TimeHistogram } from "./time_histogram.ts";

/** Between two looks. */
const PERIOD_MS = 20;

/** The original: tests may replace the global one. */
const now = performance.now.bind(performance);

/**
 * Measures how late a timer is. Not `monitorEventLoopDelay()` of `node:perf_hooks`, whose
 * figures on Deno have nothing to do with the delay.
 */
class LoopDelay {
  readonly #floats = new Float64Array(HISTOGRAM_FLOATS);
  readonly #delays = new Histogram(this.#floats);
  #dueMs = 0;
  readonly #look = (): void => {
    this.#delays.add(Math.max(0, now() - this.#dueMs), 1);
    this.#schedule();
  };

  constructor() {
    this.#schedule();
  }

  #schedule(): void {
    this.#dueMs = now() + PERIOD_MS;
    // It keeps no process alive.
    setTimeout(this.#look, PERIOD_MS).unref();
  }

  read(): TimeHistogram {
    return TimeHistogram.of([this.#floats]);
  }
}

/** The delays of the event loop of this thread. The first call begins to measure them. */
export function loopDelay(): TimeHistogram {
  return threadState("loop delay", () => new LoopDelay()).read();
}
