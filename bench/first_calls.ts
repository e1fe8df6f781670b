/**
 * Measures the first 10,000 calls of a fresh process.
 *
 *     deno task bench first_calls        bun run bench first_calls
 *
 * A call is `(n) => n + 1` on the one worker of a pool that has just started; each is awaited
 * before the next. Nothing is warmed up: at first no compiler has optimized the code. A figure
 * is the median of the calls of one window. The worker runs before the first of them. The
 * workers of loom and of the floor have then answered no call, those of others one or two,
 * because only an answer shows that they run. The pools that are left out cost about as much
 * as `postMessage`.
 *
 * @module
 */

import { floorForNumbers } from "./contenders/floor.ts";
import { poolContenders } from "./contenders/list.ts";
import type { Pool } from "./contenders/pool.ts";
import type { Benchmark, Figure } from "./harness/benchmark.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { LOOM } from "./harness/result.ts";
import { median } from "./harness/statistics.ts";

const CALLS = 10_000;
/** From this call on, loom should cost little more than the floor. */
const SETTLED = 2_000;
/** Calls that one sample times together: reading the clock costs a part of a call. */
const BATCH = 10;
/** The last call of each window. */
const WINDOWS = [1, 10, 100];
for (let last = 500; last <= CALLS; last += 500) WINDOWS.push(last);
/** Windows that the tables show; the others are in the plot only. */
const IN_TABLES = new Set([1, 10, 100, 500, 1000, 2000, 2500, 5000, 10_000]);

/** Times calls one after another; returns the microseconds of each by its number. */
async function timeCalls({ addOne }: Pick<Pool, "addOne">) {
  const us = new Float64Array(CALLS);
  for (let n = 0; n < CALLS;) {
    const end = n < BATCH ? n + 1 : n + BATCH;
    const first = n;
    const start = performance.now();
    while (n < end) await addOne(n++);
    us.fill((performance.now() - start) * 1000 / (end - first), first, end);
  }
  return us;
}

async function measure(
  pool: Pick<Pool, "addOne">,
  recorder: Recorder,
): Promise<void> {
  await recorder.recordAll(Object.keys(FIGURES), async () => {
    const us = await timeCalls(pool);
    if (await pool.addOne(41) !== 42) throw new Error("wrong result");
    const medianFrom = (first: number, last: number) =>
      median([...us.subarray(first, last)]);
    const windows = WINDOWS.map((last, i) => [
      keyOf(last),
      medianFrom(WINDOWS[i - 1] ?? 0, last),
    ]);
    return {
      ...Object.fromEntries(windows),
      settled: medianFrom(SETTLED, CALLS),
      all: us.reduce((sum, one) => sum + one, 0) / 1000,
    };
  });
}

/** Measures a pool whose start has not waited for an answer of its worker. */
async function measureStarted(pool: Pool, recorder: Recorder): Promise<void> {
  await pool.addOne(0);
  await measure(pool, recorder);
}

function keyOf(last: number): string {
  return `to${last}`;
}

function windowFigure(last: number, i: number): [string, Figure] {
  const [from, to] = [(WINDOWS[i - 1] ?? 0) + 1, last]
    .map((n) => n.toLocaleString("en"));
  return [keyOf(last), {
    label: from === to ? `call ${to}` : `calls ${from} to ${to}`,
    unit: "us",
    at: last,
    plotOnly: !IN_TABLES.has(last),
  }];
}

const FIGURES: Readonly<Record<string, Figure>> = {
  ...Object.fromEntries(WINDOWS.map(windowFigure)),
  settled: { label: "from call 2,001 to 10,000", unit: "us" },
  all: { label: "all 10,000 calls together", unit: "ms" },
};

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "first_calls",
  title: "The first calls of a process, one after another",
  figures: FIGURES,
  contenders: [
    ...poolContenders(measure).filter(({ name }) => name === LOOM),
    ...poolContenders(measureStarted, {
      without: [
        ...[LOOM, "tinypool", "workerpool", "poolifier"],
        ...["multithreading", "comlink"],
      ],
    }),
    floorForNumbers(measure),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
