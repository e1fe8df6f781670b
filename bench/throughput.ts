/**
 * Measures many small calls at once.
 *
 *     deno task bench throughput        bun run bench throughput
 *
 * A call is `(n) => n + 1` on the one worker of a pool. "At once" awaits that many calls with
 * `Promise.all`; "kept in flight" runs 64 loops, each of which awaits its own calls.
 * `signal64` keeps calls through a view of loom with a signal in flight, which could cancel
 * them.
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
import { medianUs } from "./harness/timing.ts";

const BATCHES = [10, 100, 1000];
const KEYS = ["at10", "at100", "at1000", "inFlight64"];
const LANES = 64;
const CALLS_OF_A_LANE = 50;

async function measure(
  { addOne, addOneWithSignal }: Pick<Pool, "addOne" | "addOneWithSignal">,
  recorder: Recorder,
): Promise<void> {
  for (const batch of BATCHES) {
    const all = () =>
      Promise.all(Array.from({ length: batch }, (_, n) => addOne(n)));
    await recorder.record(
      `at${batch}`,
      async () => await medianUs(all, recorder) / batch,
    );
  }
  await recorder.record("inFlight64", () => inFlightUs(addOne, recorder));
  if (addOneWithSignal === undefined) return;
  await recorder.record(
    "signal64",
    () => inFlightUs(addOneWithSignal, recorder),
  );
}

/** The time of one call while 64 are kept in flight. */
async function inFlightUs(
  call: Pool["addOne"],
  recorder: Recorder,
): Promise<number> {
  const lane = async () => {
    for (let n = 0; n < CALLS_OF_A_LANE; n++) await call(n);
  };
  const lanes = () => Promise.all(Array.from({ length: LANES }, lane));
  return await medianUs(lanes, recorder) / (LANES * CALLS_OF_A_LANE);
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "throughput",
  title: "Cost of a small call while many are in flight",
  figures: {
    at10: { label: "10 at once, per call", unit: "us", at: 10 },
    at100: { label: "100 at once, per call", unit: "us", at: 100 },
    at1000: { label: "1,000 at once, per call", unit: "us", at: 1000 },
    inFlight64: { label: "64 kept in flight, per call", unit: "us" },
    signal64: {
      label: "64 kept in flight with a signal, per call",
      unit: "us",
    },
  },
  contenders: [
    ...poolContenders(measure),
    floorForNumbers(measure),
    nativeContender("throughput", KEYS),
    loomRsContender("throughput", KEYS),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
