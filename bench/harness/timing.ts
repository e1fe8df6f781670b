/**
 * Times calls with mitata, warm, one sample per call.
 *
 * @module
 */

import { do_not_optimize, measure } from "mitata";
import type { Budget } from "./benchmark.ts";

/** Percentiles of samples, in microseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
}

/**
 * Calls `fn` one call after another for the time of the budget, after a warm-up of the same
 * length, so that it measures compiled code.
 *
 * @throws {TypeError} When `fn` does not return a native promise.
 */
export async function percentiles(
  fn: () => Promise<unknown>,
  { figureMs }: Budget,
): Promise<Percentiles> {
  const first = fn();
  if (!(first instanceof Promise)) {
    throw new TypeError(
      "Cannot time calls: mitata awaits native promises only, and `fn` returned something else",
    );
  }
  await first;
  await warmUp(fn, figureMs);
  const { samples } = await measure(fn, {
    // One sample per call instead of the mean of a batch.
    batch_threshold: -1,
    min_cpu_time: figureMs * 1e6,
    min_samples: 12,
    // Without a gc function mitata allocates a gigabyte to provoke a collection.
    gc: false,
  });
  const at = (share: number) =>
    samples[Math.floor(share * (samples.length - 1))] / 1000;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999) };
}

/** The median time of one `fn()`, in microseconds. */
export async function medianUs(
  fn: () => Promise<unknown>,
  budget: Budget,
): Promise<number> {
  return (await percentiles(fn, budget)).p50;
}

/**
 * The median time of a synchronous `fn()`, in microseconds, after a warm-up as long as the
 * measurement. Short ones are timed many at a time.
 */
export async function medianLoopUs(
  fn: () => unknown,
  { figureMs }: Budget,
): Promise<number> {
  const end = performance.now() + figureMs;
  do fn(); while (performance.now() < end);
  // Without a use of its result, the engine would leave out what a short `fn` does.
  const { p50 } = await measure(() => do_not_optimize(fn()), {
    min_cpu_time: figureMs * 1e6,
    min_samples: 12,
    gc: false,
  });
  return p50 / 1000;
}

async function warmUp(fn: () => Promise<unknown>, ms: number): Promise<void> {
  const end = performance.now() + ms;
  do await fn(); while (performance.now() < end);
}
