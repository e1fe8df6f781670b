/**
 * Measures small calls, one after another.
 *
 *     deno task bench latency        bun run bench latency
 *
 * A call is `(n) => n + 1` on the one worker of a pool; each is awaited before the next.
 * `signalP50` is a call through a view of loom with a signal, which could cancel it.
 *
 * @module
 */

import { floorForNumbers } from "./contenders/floor.ts";
import { poolContenders } from "./contenders/list.ts";
import { loomRsContender, nativeContender } from "./contenders/native.ts";
import type { Pool } from "./contenders/pool.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { medianUs, percentiles } from "./harness/timing.ts";

const KEYS = ["p50", "p90", "p99", "p999"];

async function measure(
  { addOne, addOneWithSignal }: Pick<Pool, "addOne" | "addOneWithSignal">,
  recorder: Recorder,
): Promise<void> {
  let n = 0;
  if (await addOne(n) !== 1) throw new Error("wrong result");
  await recorder.recordAll(
    KEYS,
    async () => ({ ...await percentiles(() => addOne(n++), recorder) }),
  );
  if (addOneWithSignal === undefined) return;
  await recorder.record(
    "signalP50",
    () => medianUs(() => addOneWithSignal(n++), recorder),
  );
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "latency",
  title: "Latency of small calls, one after another",
  figures: {
    p50: { label: "p50", unit: "us", at: 50 },
    p90: { label: "p90", unit: "us", at: 90 },
    p99: { label: "p99", unit: "us", at: 99 },
    p999: { label: "p99.9", unit: "us", at: 99.9 },
    signalP50: { label: "p50 with a signal", unit: "us" },
  },
  contenders: [
    ...poolContenders(measure),
    floorForNumbers(measure),
    nativeContender("latency", KEYS),
    loomRsContender("latency", KEYS),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
