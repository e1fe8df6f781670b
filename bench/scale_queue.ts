/**
 * Measures how the cost of a call depends on how many are made at once.
 *
 *     deno task bench scale_queue        bun run bench scale_queue
 *
 * A call is `(n) => n + 1` on one worker, and `Promise.all` awaits all of them. Those that
 * find no slot wait on the calling thread. "bare promise" awaits as many promises that a
 * microtask resolves, without any call.
 *
 * @module
 */

import { start } from "./contenders/loom.ts";
import type { Benchmark, Figure } from "./harness/benchmark.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { median } from "./harness/statistics.ts";
import { medianUs } from "./harness/timing.ts";

const COUNTS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

/** From here on, a batch is timed a few times instead of for the whole budget. */
const LARGE = 10_000;
const LARGE_TIMES = 5;

type Call = (n: number) => Promise<number>;

async function measure(call: Call, recorder: Recorder): Promise<void> {
  for (const count of COUNTS) {
    const all = () =>
      Promise.all(Array.from({ length: count }, (_, n) => call(n)));
    await recorder.record(
      `at${count}`,
      async () =>
        (count < LARGE ? await medianUs(all, recorder) : await fewUs(all)) /
        count,
    );
  }
}

async function fewUs(all: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i <= LARGE_TIMES; i++) {
    const before = performance.now();
    await all();
    times.push((performance.now() - before) * 1000);
  }
  return median(times.slice(1));
}

function bareCall(n: number): Promise<number> {
  return new Promise((resolve) => queueMicrotask(() => resolve(n + 1)));
}

function figure(at: number): [string, Figure] {
  const label = `${at.toLocaleString("en")} at once, per call`;
  return [`at${at}`, { label, unit: "us", at }];
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "scale_queue",
  title: "Cost of a small call by the number of calls at once",
  figures: Object.fromEntries(COUNTS.map(figure)),
  contenders: [
    {
      name: "loom",
      measure: async (recorder) => {
        const { addOne } = await start(1);
        await measure(addOne, recorder);
      },
    },
    {
      name: "bare promise",
      measure: (recorder) => measure(bareCall, recorder),
    },
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
