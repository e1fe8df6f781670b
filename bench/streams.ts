/**
 * Measures the mapping of a stream by a pool.
 *
 *     deno task bench streams        bun run bench streams
 *
 * 2,000 numbers of a generator, each mapped by `(n) => n + 1` on the one worker of a pool.
 * loom's `computeMap` keeps the order and at most 1 or 64 items in flight. Other pools
 * have no such function: 1 or 64 loops take from the same generator, without order.
 *
 * @module
 */

import { computeMap, LoomBuilder } from "../mod.ts";
import { floorForNumbers } from "./contenders/floor.ts";
import { poolContenders } from "./contenders/list.ts";
import { loomRsContender } from "./contenders/native.ts";
import type { Pool } from "./contenders/pool.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { LOOM_ARGS } from "./harness/command_line.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { medianUs } from "./harness/timing.ts";

const ITEMS = 2_000;
const SUM = ITEMS * (ITEMS + 1) / 2;

function* numbers(): Generator<number, undefined> {
  for (let n = 0; n < ITEMS; n++) yield n;
}

type MapAll = (concurrency: number, ordered: boolean) => Promise<number>;

async function measure(mapAll: MapAll, recorder: Recorder): Promise<void> {
  const record = (key: string, concurrency: number, ordered: boolean) =>
    recorder.record(key, async () => {
      const mapped = async () => {
        const sum = await mapAll(concurrency, ordered);
        if (sum !== SUM) throw new Error(`wrong sum: ${sum}`);
      };
      return await medianUs(mapped, recorder) / ITEMS;
    });
  await record("one", 1, true);
  await record("at64", 64, true);
  await record("unordered64", 64, false);
}

async function measureLoom(recorder: Recorder): Promise<void> {
  await using _runtime = await new LoomBuilder().computeThreads(1)
    .withCliArgs(LOOM_ARGS).build();
  const addOne = (n: number) => n + 1;
  await measure(async (concurrency, ordered) => {
    let sum = 0;
    const mapped = computeMap(numbers(), addOne, { concurrency, ordered });
    for await (const n of mapped) sum += n;
    return sum;
  }, recorder);
}

async function measurePool(
  pool: Pick<Pool, "addOne">,
  recorder: Recorder,
): Promise<void> {
  await measure(async (concurrency) => {
    const source = numbers();
    let sum = 0;
    const pull = async () => {
      for (const n of source) {
        const mapped = await pool.addOne(n);
        sum += mapped;
      }
    };
    await Promise.all(Array.from({ length: concurrency }, pull));
    return sum;
  }, recorder);
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "streams",
  title: "Mapping a stream through a pool",
  figures: {
    one: { label: "one at a time, per item", unit: "us" },
    at64: { label: "64 in flight, per item", unit: "us" },
    unordered64: { label: "64 in flight, in any order, per item", unit: "us" },
  },
  contenders: [
    { name: "loom", measure: measureLoom },
    ...poolContenders(measurePool, { without: ["loom"] }),
    floorForNumbers(measurePool),
    loomRsContender("streams", ["one"]),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
