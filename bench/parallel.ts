/**
 * Do parallel iterators make a loop faster, and what does the smallest one cost?
 *
 *     deno task bench:parallel [--json FILE]
 *     bun run bench:parallel [--json FILE]
 *
 * Operations over 10 million numbers, on the main thread and one compute worker (two
 * threads), next to the plain loop in the same run: the best of five rounds each. The plain
 * loop is a function of its own, warm and compiled. Then an empty range inside install(),
 * and computeMap() over 100,000 numbers, 64 at a time.
 */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import {
  computeMap,
  LoomBuilder,
  type LoomRuntime,
  parIter,
  parRange,
  shared,
} from "../mod.ts";

const ITEMS = 10_000_000;
const ROUNDS = 5;

/** About 20 ns of dependent arithmetic. */
const work = (x: number) => {
  let y = x + 1;
  for (let i = 0; i < 6; i++) y = Math.sqrt(y + x / (y + 1));
  return y;
};

/** One operation in both forms. */
interface Row {
  readonly name: string;
  readonly plain: () => unknown;
  readonly parallel: () => unknown;
}

function rows(data: Float64Array<SharedArrayBuffer>): Row[] {
  // Both forms copy first, so that they sort the same numbers in each round.
  const unsorted = Float64Array.from(data);
  const copy = shared(unsorted);
  return [{
    name: "sum",
    plain: () => {
      let sum = 0;
      for (let i = 0; i < data.length; i++) sum += data[i];
      return sum;
    },
    parallel: () => parIter(data).sum(),
  }, {
    name: "map + sum",
    plain: () => {
      let sum = 0;
      for (let i = 0; i < data.length; i++) sum += work(data[i]);
      return sum;
    },
    parallel: () => parIter(data).map(work).sum(),
  }, {
    name: "mapInPlace",
    plain: () => {
      for (let i = 0; i < data.length; i++) data[i] = work(data[i]);
    },
    parallel: () => parIter(data).mapInPlace(work),
  }, {
    name: "sort",
    plain: () => unsorted.slice().sort(),
    parallel: () => {
      copy.set(unsorted);
      parIter(copy).sort();
    },
  }];
}

function bestMs(run: () => unknown): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return Math.min(...rounds);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1];
}

function emptyUs(runtime: LoomRuntime): number {
  const times = Array.from({ length: 20_000 }, () => {
    const start = performance.now();
    runtime.install(() => parRange(0, 0).sum());
    return (performance.now() - start) * 1000;
  });
  return median(times.slice(10_000));
}

async function computeMapUs(): Promise<number> {
  const items = 100_000;
  const rounds: number[] = [];
  for (let round = 0; round < 7; round++) {
    const numbers = parRangeItems(items);
    const start = performance.now();
    let sum = 0;
    for await (
      const n of computeMap(numbers, (n: number) => n + 1, { concurrency: 64 })
    ) sum += n;
    if (sum !== items * (items + 1) / 2) throw new Error("Wrong sum");
    rounds.push((performance.now() - start) / items * 1000);
  }
  return median(rounds.slice(2));
}

function* parRangeItems(end: number): Generator<number> {
  for (let n = 0; n < end; n++) yield n;
}

const { values: { json } } = parseArgs({
  options: { json: { type: "string" } },
});
await using runtime = await new LoomBuilder().computeThreads(1).build();
const data = runtime.alloc(Float64Array, ITEMS);
for (let i = 0; i < ITEMS; i++) data[i] = (i * 7919) % 1_000_003;

const figures: Record<string, number> = {};
console.log(
  "operation".padEnd(14),
  "plain ms".padStart(10),
  "2 threads".padStart(10),
  "speed-up".padStart(9),
);
for (const { name, plain, parallel } of rows(data)) {
  const plainMs = bestMs(plain);
  const parallelMs = runtime.install(() => bestMs(parallel));
  figures[`${name}: speed-up`] = plainMs / parallelMs;
  console.log(
    name.padEnd(14),
    plainMs.toFixed(1).padStart(10),
    parallelMs.toFixed(1).padStart(10),
    (plainMs / parallelMs).toFixed(2).padStart(9),
  );
}
figures["install of an empty range: µs"] = emptyUs(runtime);
figures["computeMap: µs per item"] = await computeMapUs();
for (const [name, value] of Object.entries(figures).slice(-2)) {
  console.log(`${name} ${value.toFixed(2)}`);
}
if (json !== undefined) writeFileSync(json, JSON.stringify(figures, null, 2));
