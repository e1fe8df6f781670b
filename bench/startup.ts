/**
 * Measures how long it takes until workers run.
 *
 *     deno task bench startup        bun run bench startup
 *
 * The time from the start of a pool until each of its workers has finished a call. The first
 * start of a process includes compiling; the others are medians of five starts. The modules
 * are imported before.
 *
 * @module
 */

import { startContenders } from "./contenders/list.ts";
import type { PoolModule } from "./contenders/pool.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { median } from "./harness/statistics.ts";

const STARTS = 5;
const WORKERS = [1, 2, 4];

async function startMs(module: PoolModule, workers: number): Promise<number> {
  const start = performance.now();
  const pool = await module.start(workers);
  await Promise.all(Array.from({ length: workers }, (_, n) => pool.addOne(n)));
  const ms = performance.now() - start;
  await pool.close();
  return ms;
}

async function measure(module: PoolModule, recorder: Recorder): Promise<void> {
  await recorder.record("first", () => startMs(module, 1));
  for (const workers of WORKERS) {
    await recorder.record(`workers${workers}`, async () => {
      const starts: number[] = [];
      for (let i = 0; i < STARTS; i++) {
        starts.push(await startMs(module, workers));
      }
      return median(starts);
    });
  }
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "startup",
  title: "Start-up until workers run",
  figures: {
    first: { label: "one worker, first start of the process", unit: "ms" },
    workers1: { label: "one worker", unit: "ms", at: 1 },
    workers2: { label: "two workers", unit: "ms", at: 2 },
    workers4: { label: "four workers", unit: "ms", at: 4 },
  },
  contenders: startContenders(measure),
};

if (import.meta.main) await runBenchmark(benchmark);
