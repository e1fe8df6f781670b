/**
 * What does one of many small calls cost that are under way at once?
 *
 *     deno task bench throughput        bun run bench throughput
 *
 * A call is `(n) => n + 1` on the one worker of a pool. "At once" awaits so many with
 * `Promise.all`; "kept in flight" are 64 loops, each of which awaits its own calls.
 *
 * @module
 */

import { runBenchmark } from "./harness/rounds.ts";
import type { Benchmark, Budget, Figures } from "./harness/benchmark.ts";
import { medianUs } from "./harness/timing.ts";
import type { Pool } from "./contenders/pool.ts";
import { poolContenders } from "./contenders/list.ts";
import { floorContender } from "./programs/floor.ts";
import { nativeContender } from "./contenders/native.ts";

const BATCHES = [10, 100, 1000];
const LANES = 64;
const CALLS_OF_A_LANE = 50;

async function measure(pool: Pool, budget: Budget): Promise<Figures> {
  const figures: Record<string, number> = {};
  for (const batch of BATCHES) {
    const all = () =>
      Promise.all(Array.from({ length: batch }, (_, n) => pool.addOne(n)));
    figures[`at${batch}`] = await medianUs(all, budget) / batch;
  }
  const lane = async () => {
    for (let n = 0; n < CALLS_OF_A_LANE; n++) await pool.addOne(n);
  };
  const lanes = () => Promise.all(Array.from({ length: LANES }, lane));
  figures.inFlight64 = await medianUs(lanes, budget) /
    (LANES * CALLS_OF_A_LANE);
  return figures;
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "throughput",
  title: "What does one of many small calls cost that are under way at once?",
  figures: {
    at10: { label: "10 at once, per call", unit: "us", at: 10 },
    at100: { label: "100 at once, per call", unit: "us", at: 100 },
    at1000: { label: "1,000 at once, per call", unit: "us", at: 1000 },
    inFlight64: { label: "64 kept in flight, per call", unit: "us" },
  },
  contenders: [
    ...poolContenders(measure),
    floorContender("throughput"),
    nativeContender("throughput"),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
