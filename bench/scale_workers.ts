/**
 * Measures how the cost of a call depends on the number of workers.
 *
 *     deno task bench scale_workers        bun run bench scale_workers
 *
 * A call is `(n) => n + 1`. With more workers than CPUs the workers are not pinned, and the
 * figures show what their number costs, not what it gains.
 *
 * @module
 */

import { POOLS } from "./contenders/list.ts";
import type { Benchmark, Contender, Figure } from "./harness/benchmark.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { medianUs } from "./harness/timing.ts";

const WORKERS = [1, 2, 4, 8, 16, 32, 64];
const BATCH = 1000;

async function measure(pool: string, recorder: Recorder): Promise<void> {
  const { start } = await POOLS[pool].load();
  for (const workers of WORKERS) {
    const { addOne, close } = await start(workers);
    await Promise.all(Array.from({ length: workers }, (_, n) => addOne(n)));
    await recorder.record(
      `one${workers}`,
      () => medianUs(() => addOne(1), recorder),
    );
    const all = () =>
      Promise.all(Array.from({ length: BATCH }, (_, n) => addOne(n)));
    await recorder.record(
      `at${workers}`,
      async () => await medianUs(all, recorder) / BATCH,
    );
    await close();
  }
}

function contender(name: string): Contender {
  const { missing } = POOLS[name];
  return { name, missing, measure: (recorder) => measure(name, recorder) };
}

function figures(): Record<string, Figure> {
  const many: Record<string, Figure> = {};
  const one: Record<string, Figure> = {};
  for (const at of WORKERS) {
    const workers = at === 1 ? "1 worker" : `${at} workers`;
    const label = `1,000 at once, per call, ${workers}`;
    many[`at${at}`] = { label, unit: "us", at };
    one[`one${at}`] = { label: `one call, ${workers}`, unit: "us" };
  }
  return { ...many, ...one };
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "scale_workers",
  title: "Cost of a small call by the number of workers",
  figures: figures(),
  contenders: ["loom", "postMessage"].map(contender),
};

if (import.meta.main) await runBenchmark(benchmark);
