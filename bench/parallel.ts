/**
 * Measures loops as parallel iterators, and the cost of the smallest one.
 *
 *     deno task bench parallel        bun run bench parallel
 *
 * Operations over 10 million numbers, on the main thread and one compute worker (two
 * threads), beside the plain loop in a compiled function of its own. In Rust, rayon has two
 * threads and the caller waits; loom-rs has one on a machine with two CPUs, because it gives
 * each thread a CPU and needs one of them for tokio.
 *
 * @module
 */

import { loomRsContender, nativeContender } from "./contenders/native.ts";
import {
  LoomBuilder,
  type LoomRuntime,
  parIter,
  parRange,
  shared,
} from "../mod.ts";
import type { Benchmark, Budget } from "./harness/benchmark.ts";
import { LOOM_ARGS } from "./harness/command_line.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { median } from "./harness/statistics.ts";
import { medianUs } from "./harness/timing.ts";

const ITEMS = 10_000_000;
/** Runs of each operation, which take longer than the usual time of a figure. */
const RUNS = 5;

type Numbers = Float64Array<SharedArrayBuffer>;
type Operations = Readonly<Record<string, () => unknown>>;

/** About 20 ns of dependent arithmetic. */
const work = (x: number) => {
  let y = x + 1;
  for (let i = 0; i < 6; i++) y = Math.sqrt(y + x / (y + 1));
  return y;
};

function plain(data: Numbers, unsorted: Float64Array): Operations {
  const copy = unsorted.slice();
  return {
    sum: () => {
      let sum = 0;
      for (let i = 0; i < data.length; i++) sum += data[i];
      return sum;
    },
    mapSum: () => {
      let sum = 0;
      for (let i = 0; i < data.length; i++) sum += work(data[i]);
      return sum;
    },
    mapInPlace: () => {
      for (let i = 0; i < data.length; i++) data[i] = work(data[i]);
    },
    // Copied first, so that the same numbers are sorted in each run.
    sort: () => {
      copy.set(unsorted);
      copy.sort();
    },
  };
}

function parallel(data: Numbers, unsorted: Float64Array): Operations {
  const copy = shared(unsorted);
  return {
    sum: () => parIter(data).sum(),
    mapSum: () => parIter(data).map(work).sum(),
    mapInPlace: () => parIter(data).mapInPlace(work),
    sort: () => {
      copy.set(unsorted);
      parIter(copy).sort();
    },
  };
}

function medianMs(operation: () => unknown): number {
  operation();
  const runs = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    operation();
    return performance.now() - start;
  });
  return median(runs);
}

async function measure(
  operations: typeof plain,
  recorder: Recorder,
): Promise<void> {
  await using runtime = await new LoomBuilder().computeThreads(1)
    .withCliArgs(LOOM_ARGS).build();
  const data = runtime.alloc(Float64Array, ITEMS);
  for (let i = 0; i < ITEMS; i++) data[i] = (i * 7919) % 1_000_003;
  const all = runtime.install(() => operations(data, Float64Array.from(data)));
  for (const [key, run] of Object.entries(all)) {
    await recorder.record(
      key,
      () => Promise.resolve(runtime.install(() => medianMs(run))),
    );
  }
  if (operations !== parallel) return;
  await recorder.record("empty", () => emptyUs(runtime, recorder));
}

function emptyUs(runtime: LoomRuntime, budget: Budget): Promise<number> {
  return medianUs(() => {
    runtime.install(() => parRange(0, 0).sum());
    return DONE;
  }, budget);
}
const DONE = Promise.resolve();

const KEYS = ["sum", "mapSum", "mapInPlace", "sort", "empty"];

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "parallel",
  title: "Parallel iterators beside a plain loop",
  figures: {
    sum: { label: "sum of 10 million numbers", unit: "ms" },
    mapSum: { label: "map (about 20 ns each) and sum", unit: "ms" },
    mapInPlace: { label: "the same map in place", unit: "ms" },
    sort: { label: "copy and sort", unit: "ms" },
    empty: { label: "install() of an empty range", unit: "us" },
  },
  contenders: [
    { name: "loom", measure: (recorder) => measure(parallel, recorder) },
    { name: "plain loop", measure: (recorder) => measure(plain, recorder) },
    nativeContender("parallel", KEYS),
    loomRsContender("parallel", KEYS),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
