/**
 * Measures parallel loops by their number of items, beside plain loops.
 *
 *     deno task bench scale_items        bun run bench scale_items
 *
 * The sum of what a function makes of each number of an array: a cheap function, of one
 * multiplication and one addition, and a dear one of about 20 ns. Parallel iterators have the
 * main thread and one compute worker, and choose for themselves whether both are worth it.
 *
 * @module
 */

import { LoomBuilder, parIter, shared } from "../mod.ts";
import type { Benchmark, Figure } from "./harness/benchmark.ts";
import { LOOM_ARGS } from "./harness/command_line.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { medianLoopUs } from "./harness/timing.ts";

const COUNTS = [10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

type Numbers = Float64Array<SharedArrayBuffer>;
type Sum = (data: Numbers) => number;

const cheap = (x: number) => x * 0.5 + 1;

/** About 20 ns of dependent arithmetic. */
const dear = (x: number) => {
  let y = x + 1;
  for (let i = 0; i < 6; i++) y = Math.sqrt(y + x / (y + 1));
  return y;
};

// A loop of its own for each function: one for both would be slower for both.
const plain: Record<"cheap" | "dear", Sum> = {
  cheap: (data) => {
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += cheap(data[i]);
    return sum;
  },
  dear: (data) => {
    let sum = 0;
    for (let i = 0; i < data.length; i++) sum += dear(data[i]);
    return sum;
  },
};

const parallel: Record<"cheap" | "dear", Sum> = {
  cheap: (data) => parIter(data).map(cheap).sum(),
  dear: (data) => parIter(data).map(dear).sum(),
};

async function measure(sums: typeof plain, recorder: Recorder): Promise<void> {
  await using _runtime = await new LoomBuilder().computeThreads(1)
    .withCliArgs(LOOM_ARGS).build();
  for (const what of ["cheap", "dear"] as const) {
    const sum = sums[what];
    for (const count of COUNTS) {
      const data = shared(Float64Array.from({ length: count }, (_, i) => i));
      await recorder.record(
        `${what}${count}`,
        () => medianLoopUs(() => sum(data), recorder),
      );
    }
  }
}

function figures(what: "cheap" | "dear"): [string, Figure][] {
  return COUNTS.map((count) => [`${what}${count}`, {
    label: `${what} function, ${count.toLocaleString("en")} items`,
    unit: "us",
    ...(what === "cheap" ? { at: count } : {}),
  }]);
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "scale_items",
  title: "Time of a loop by the number of its items",
  figures: Object.fromEntries([...figures("cheap"), ...figures("dear")]),
  contenders: [
    { name: "loom", measure: (recorder) => measure(parallel, recorder) },
    { name: "plain loop", measure: (recorder) => measure(plain, recorder) },
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
