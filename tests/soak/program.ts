/**
 * Mixed work on one runtime until the time is over; checks every value. The arguments are
 * the milliseconds to run and to warm up. After the warm-up it collects its garbage now and
 * then, prints `still` and waits for a line. Prints one line of JSON at the end, and then
 * ends by itself.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import process from "node:process";
import { computeMap, parRange, WorkerLostError } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { collectEverywhere } from "./collect.ts";

const ROUNDS_PER_DEATH = 50;
const SAMPLE_COUNT = 40;
const WORKERS = 2;
const [runMs, warmUpMs] = process.argv.slice(2).map(Number);
const runtime = await unpinned(WORKERS).build();
const identity = <T>(value: T) => value;
const counts = { rounds: 0, calls: 0, deaths: 0 };
const range = (length: number) => Array.from({ length }, (_, n) => n);

async function numbers(): Promise<number> {
  const ends = await Promise.all(
    range(200).map((n) => runtime.spawnCompute((n: number) => n * 2 + 1, n)),
  );
  assert.deepEqual(ends, range(200).map((n) => n * 2 + 1));
  return 200;
}

async function objects(): Promise<number> {
  const values = range(40).map((n) => ({
    n,
    at: new Date(n),
    names: new Map([[`k${n}`, new Set([n, "x".repeat(n * 10)])]]),
    bytes: new Uint8Array(n * 100).fill(n),
  }));
  const ends = await Promise.all(
    values.map((value) => runtime.spawnCompute(identity, value)),
  );
  assert.deepEqual(ends, values);
  const large = new Uint8Array(1_000_000).fill(counts.rounds & 255);
  assert.deepEqual(await runtime.spawnCompute(identity, large), large);
  return 41;
}

async function sharedArrays(): Promise<number> {
  await Promise.all(
    range(10).map(async (n) => {
      const array = new Float64Array(new SharedArrayBuffer(8_000));
      const returned = await runtime.spawnCompute(
        (array: Float64Array, n: number) => array.fill(n),
        array,
        n,
      );
      assert.equal(returned.buffer, array.buffer);
      assert.ok(array.every((value) => value === n));
      const made = await runtime.spawnCompute((n: number) => {
        return new Int32Array(new SharedArrayBuffer(4_000)).fill(n);
      }, n);
      assert.ok(made.length === 1000 && made.every((value) => value === n));
    }),
  );
  return 20;
}

async function loops(): Promise<number> {
  const sum = await parRange(0, 20_000).map((n) => n % 7).sumAsync();
  assert.equal(sum, 59_997);
  const inner = await runtime.spawnCompute(
    (end: number) => parRange(0, end).map((n) => n * 2).sum(),
    5_000,
  );
  assert.equal(inner, 24_995_000);
  return 1;
}

async function streams(): Promise<number> {
  const lengths: number[] = [];
  const words = range(50).map((n) => "x".repeat(n));
  const length = (word: string) => word.length;
  for await (const n of computeMap(words, length)) lengths.push(n);
  assert.deepEqual(lengths, range(50));
  return 50;
}

async function errors(): Promise<number> {
  const throwing = (n: number) => {
    throw Object.assign(new RangeError(`bad ${n}`), { n });
  };
  await Promise.all(
    range(10).map(async (n) => {
      await assert.rejects(
        runtime.spawnCompute(throwing, n),
        { name: "RangeError", message: `bad ${n}`, n },
      );
    }),
  );
  const later = await runtime.spawnCompute(() => {
    setTimeout(() => {
      throw new RangeError("later");
    }, 0);
    return new Promise<never>(() => {});
  }).catch((error: Error) => error.message);
  assert.equal(later, "later");
  return 11;
}

/** Nothing but the call that ends its worker may fail: the others never share it. */
async function deaths(): Promise<number> {
  const lost = runtime.spawnCompute(() => process.exit(3));
  const others = range(20).map((n) => runtime.spawnCompute(identity, n));
  await assert.rejects(lost, WorkerLostError);
  assert.deepEqual(await Promise.all(others), range(20));
  counts.deaths++;
  return 21;
}

/** Lets the process outside measure this one while nothing happens. */
async function holdStill(): Promise<void> {
  await collectEverywhere(runtime, WORKERS);
  const line = once(process.stdin, "data");
  console.log("still");
  await line;
}

const startMs = performance.now();
const sampleEveryMs = (runMs - warmUpMs) / SAMPLE_COUNT;
let sampleMs = warmUpMs;
await runtime.install(async () => {
  while (performance.now() - startMs < runMs) {
    const ends = await Promise.all(
      [numbers(), objects(), sharedArrays(), loops(), streams(), errors()],
    );
    for (const count of ends) counts.calls += count;
    if (++counts.rounds % ROUNDS_PER_DEATH === 0) {
      counts.calls += await deaths();
    }
    if (performance.now() - startMs < sampleMs) continue;
    sampleMs += sampleEveryMs;
    await holdStill();
  }
});
process.stdin.destroy();
assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
await runtime.blockUntilIdle();
console.log(JSON.stringify(counts));
