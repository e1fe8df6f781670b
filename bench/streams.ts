/**
 * Measures the mapping of a stream by a pool.
 *
 *     deno task bench streams        bun run bench streams
 *
 * 2,000 numbers of a generator, each mapped by `(n) => n + 1` on the one worker of a pool.
 * loom's `computeMap` keeps the order and at most 1 or 64 items in flight. Other pools
 * have no such function: 1 or 64 loops take from the same generator, without order.
 *
 * 20,000 items of an array, with the defaults of `computeMap`, beside batches by hand: calls
 * with 200 items each, all at once. An item is a number to double, a short text to make upper
 * case, a record to copy with another number, or a number to hash for about a microsecond.
 * loom's `computeStream` gets as many numbers and records of a generator on the worker.
 *
 * @module
 */

import { computeMap, computeStream, LoomBuilder } from "../mod.ts";
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
  await measureMany(async ({ items, one }) => {
    let count = 0;
    for await (const _ of computeMap(items, one)) count++;
    return count;
  }, recorder);
  await measureGenerators(recorder);
}

/** Generators that make the same items on the worker. */
const GENERATORS: Readonly<
  Record<string, (length: number) => Iterable<unknown>>
> = {
  streamNumbers: function* (length) {
    for (let n = 0; n < length; n++) yield n * 2;
  },
  streamRecords: function* (length) {
    for (let id = 1; id <= length; id++) yield { id, name: `item ${id}` };
  },
};

async function measureGenerators(recorder: Recorder): Promise<void> {
  for (const [key, generator] of Object.entries(GENERATORS)) {
    const streamed = async () => {
      let count = 0;
      for await (const _ of computeStream(generator, MANY)) count++;
      if (count !== MANY) throw new Error(`wrong number of items: ${count}`);
    };
    await recorder.record(
      key,
      async () => await medianUs(streamed, recorder) / MANY,
    );
  }
}

const MANY = 20_000;
const BATCH = 200;
const MANY_NUMBERS = Array.from({ length: MANY }, (_, n) => n);

/** Items, what is done to each, and the same for a batch. */
interface Many<T> {
  readonly items: readonly T[];
  readonly one: (item: T) => unknown;
  readonly batch: (items: readonly T[]) => unknown[];
}

/** Checks the types of the parts. */
function many<T>(parts: Many<T>): Many<never> {
  return parts as unknown as Many<never>;
}

const MANY_ITEMS: Readonly<Record<string, Many<never>>> = {
  manyNumbers: many({
    items: MANY_NUMBERS,
    one: (n) => n * 2,
    batch: (numbers) => numbers.map((n) => n * 2),
  }),
  manyTexts: many({
    items: MANY_NUMBERS.map((n) => `item ${n}`),
    one: (text) => text.toUpperCase(),
    batch: (texts) => texts.map((text) => text.toUpperCase()),
  }),
  manyRecords: many({
    items: MANY_NUMBERS.map((id) => ({ id, name: `item ${id}` })),
    one: ({ id, name }) => ({ id: id + 1, name }),
    batch: (records) => records.map(({ id, name }) => ({ id: id + 1, name })),
  }),
  manyHashes: many({
    items: MANY_NUMBERS,
    one: (n) => {
      let hash = n;
      for (let i = 0; i < 300; i++) hash = (hash * 31 + i) | 0;
      return hash;
    },
    batch: (numbers) =>
      numbers.map((n) => {
        let hash = n;
        for (let i = 0; i < 300; i++) hash = (hash * 31 + i) | 0;
        return hash;
      }),
  }),
};

async function measureMany(
  mapAll: (many: Many<never>) => Promise<number>,
  recorder: Recorder,
): Promise<void> {
  for (const [key, many] of Object.entries(MANY_ITEMS)) {
    const mapped = async () => {
      const count = await mapAll(many);
      if (count !== MANY) throw new Error(`wrong number of results: ${count}`);
    };
    await recorder.record(
      key,
      async () => await medianUs(mapped, recorder) / MANY,
    );
  }
}

async function measureByHand(recorder: Recorder): Promise<void> {
  await using runtime = await new LoomBuilder().computeThreads(1).build();
  await measureMany(async ({ items, batch }) => {
    const calls: Promise<unknown[]>[] = [];
    for (let at = 0; at < MANY; at += BATCH) {
      calls.push(runtime.spawnCompute(batch, items.slice(at, at + BATCH)));
    }
    let count = 0;
    for (const results of await Promise.all(calls)) {
      for (const _ of results) count++;
    }
    return count;
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
    manyNumbers: { label: "20,000 numbers, per item", unit: "us" },
    manyTexts: { label: "20,000 short texts, per item", unit: "us" },
    manyRecords: { label: "20,000 records, per item", unit: "us" },
    streamNumbers: { label: "20,000 numbers of a generator", unit: "us" },
    streamRecords: { label: "20,000 records of a generator", unit: "us" },
    manyHashes: { label: "20,000 hashes, per item", unit: "us" },
  },
  contenders: [
    { name: "loom", measure: measureLoom },
    { name: "batches by hand", measure: measureByHand },
    ...poolContenders(measurePool, { without: ["loom"] }),
    floorForNumbers(measurePool),
    loomRsContender("streams", ["one"]),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
