/**
 * How long does one small call take, one after another?
 *
 *     deno task bench latency        bun run bench latency
 *
 * A call is `(n) => n + 1` on the one worker of a pool; each is awaited before the next.
 *
 * @module
 */

import { runBenchmark } from "./harness/rounds.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { percentiles } from "./harness/timing.ts";
import { poolContenders } from "./contenders/list.ts";
import { floorContender } from "./programs/floor.ts";
import { nativeContender } from "./contenders/native.ts";

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "latency",
  title: "How long does one small call take, one after another?",
  figures: {
    p50: { label: "half of the calls are faster than", unit: "us", at: 50 },
    p90: { label: "90 of 100 are faster than", unit: "us", at: 90 },
    p99: { label: "99 of 100 are faster than", unit: "us", at: 99 },
    p999: { label: "999 of 1,000 are faster than", unit: "us", at: 99.9 },
  },
  contenders: [
    ...poolContenders(async (pool, budget) => {
      let n = 0;
      if (await pool.addOne(n) !== 1) throw new Error("wrong result");
      return { ...await percentiles(() => pool.addOne(n++), budget) };
    }),
    floorContender("latency"),
    nativeContender("latency"),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
