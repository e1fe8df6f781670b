/**
 * Measures how small a task may be and still gain from a worker.
 *
 *     deno task bench break_even        bun run bench break_even
 *
 * Tasks of one length are all computed on the main thread; then half of them are sent to the
 * one worker of a pool while the main thread computes the other half. The figure is how many
 * times as fast the second way is: below 1 sending costs more than it gains, 2 is the limit.
 *
 * @module
 */

import { poolContenders } from "./contenders/list.ts";
import { computeFor, type Pool } from "./contenders/pool.ts";
import type { Benchmark, Budget, Figure } from "./harness/benchmark.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { medianUs } from "./harness/timing.ts";

/** Lengths of a task in microseconds. */
const LENGTHS_US = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
/** How long all tasks of a run take together, if that is at most MAX_TASKS of them. */
const ALL_US = 4000;
const MAX_TASKS = 1000;

function taskCount(us: number): number {
  return Math.max(4, Math.min(MAX_TASKS, Math.floor(ALL_US / us)));
}

async function speedUp(
  pool: Pool,
  us: number,
  budget: Budget,
): Promise<number> {
  const count = taskCount(us);
  const computeHere = (tasks: number) => {
    for (let i = 0; i < tasks; i++) computeFor(us / 1000);
  };
  const here = await medianUs(() => {
    computeHere(count);
    return Promise.resolve();
  }, budget);
  const half = count >> 1;
  const split = await medianUs(async () => {
    const sent = Array.from({ length: half }, () => pool.busy(us / 1000));
    computeHere(count - half);
    await Promise.all(sent);
  }, budget);
  return here / split;
}

async function measure(pool: Pool, recorder: Recorder): Promise<void> {
  // Each figure needs two measurements.
  const budget = { figureMs: recorder.figureMs / 2 };
  for (const us of LENGTHS_US) {
    await recorder.record(`us${us}`, () => speedUp(pool, us, budget));
  }
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "break_even",
  title: "Break-even length of a task",
  figures: Object.fromEntries(
    LENGTHS_US.map((us): [string, Figure] => [
      `us${us}`,
      { label: `half of the tasks of ${us} us sent`, unit: "ratio", at: us },
    ]),
  ),
  contenders: poolContenders(measure),
};

if (import.meta.main) await runBenchmark(benchmark);
