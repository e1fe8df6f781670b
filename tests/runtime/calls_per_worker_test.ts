import assert from "node:assert/strict";
import {
  currentRuntime,
  type LoomRuntime,
  spawnCompute,
  WorkerLostError,
} from "../../mod.ts";
import { Random } from "../codec/random.ts";
import { fib } from "../fixtures/tasks/nested.ts";
import { unpinned } from "../support/runtime.ts";
import { seedFor } from "../support/seed.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const echo = (n: number) => n;

// Words of the calls below.
const OPEN = 0;
const STARTED = 1;
const MOST = 2;

/** Waits until word OPEN is set. Word MOST gets the most such calls of a worker at once. */
async function hold(words: Int32Array): Promise<void> {
  const scope = globalThis as { held?: number };
  scope.held = (scope.held ?? 0) + 1;
  if (scope.held > Atomics.load(words, 2)) Atomics.store(words, 2, scope.held);
  Atomics.add(words, 1, 1);
  await Atomics.waitAsync(words, 0, 0).value;
  scope.held--;
}

function newWords(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(12));
}

function open(words: Int32Array): void {
  Atomics.store(words, OPEN, 1);
  Atomics.notify(words, OPEN);
}

async function started(words: Int32Array, count: number): Promise<void> {
  while (Atomics.load(words, STARTED) < count) {
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function limited(workers: number, calls: number): Promise<LoomRuntime> {
  return unpinned(workers).callsPerWorker(calls).build();
}

for (const [workers, limit] of [[1, 1], [2, 2]]) {
  test(`${workers} worker(s) with callsPerWorker(${limit}) run no more calls at once, and all in the end`, async () => {
    await using runtime = await limited(workers, limit);
    const words = newWords();
    const calls = Array.from(
      { length: 5 * workers * limit },
      () => runtime.spawnCompute(hold, words),
    );
    await started(words, workers * limit);
    open(words);
    await Promise.all(calls);
    assert.equal(Atomics.load(words, STARTED), calls.length);
    assert.equal(Atomics.load(words, MOST), limit);
  });

  test(`Nested calls finish on ${workers} worker(s) with callsPerWorker(${limit})`, async () => {
    await using runtime = await limited(workers, limit);
    const calls = [8, 9, 10].map((n) => runtime.spawnCompute(fib, n));
    assert.deepEqual(await Promise.all(calls), [21, 34, 55]);
  });
}

test("A worker that is full leaves calls to the others, and takes them again", async () => {
  await using runtime = await limited(2, 1);
  const first = newWords();
  const held = runtime.spawnCompute(hold, first);
  await started(first, 1);
  for (let n = 0; n < 40; n++) {
    assert.equal(await runtime.spawnCompute(echo, n), n);
    // Now and then, the workers have time to fall asleep.
    if (n % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const second = newWords();
  const others = [hold, hold].map((fn) => runtime.spawnCompute(fn, second));
  await started(second, 1);
  // Both workers are full.
  const waiting = runtime.spawnCompute(echo, 7);
  assert.equal(runtime.trySpawnCompute(echo, 1), undefined);
  open(first);
  await held;
  open(second);
  await Promise.all(others);
  assert.equal(await waiting, 7);
});

test("The replacement of a full worker takes calls", async () => {
  await using runtime = await limited(1, 1);
  const lost = runtime.spawnCompute(async () => {
    await new Promise((resolve) => setTimeout(resolve));
    process.exit(3);
  });
  const waiting = runtime.spawnCompute(echo, 7);
  await assert.rejects(lost, WorkerLostError);
  assert.equal(await waiting, 7);
  // It is woken, too.
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(await runtime.spawnCompute(echo, 8), 8);
});

test("A call is taken although the only worker that searches is full", async () => {
  const spinUs = 20_000;
  await using runtime = await unpinned(2).callsPerWorker(1).workerSpinUs(spinUs)
    .build();
  const outer = async (words: Int32Array, key: number) => {
    // After this call, which only it may take, the worker searches.
    await currentRuntime().with({ key }).spawnCompute(() => 1);
    Atomics.store(words, 1, 1);
    await Atomics.waitAsync(words, 0, 0).value;
  };
  for (let key = 0; key < 4; key++) {
    // The other worker falls asleep.
    await new Promise((resolve) => setTimeout(resolve, 3 * spinUs / 1000));
    const words = newWords();
    const call = runtime.with({ key }).spawnCompute(outer, words, key);
    await started(words, 1);
    assert.equal(await runtime.spawnCompute(echo, key), key);
    open(words);
    await call;
  }
});

const CALLS = sized(300, 20_000);

stressTest("Random calls on workers with a limit all finish", async () => {
  const random = new Random(seedFor("random calls with a limit"));
  await using runtime = await limited(3, 2);
  const tasks = [
    (n: number) => n,
    async (n: number) => {
      await new Promise((resolve) => setTimeout(resolve, n % 3));
      return n;
    },
    async (n: number) => {
      const wait = async (n: number) => {
        await new Promise((resolve) => setTimeout(resolve, n % 2));
        return n;
      };
      return await spawnCompute(wait, n) + 0 * await spawnCompute(wait, n + 1);
    },
  ];
  const calls: Promise<number>[] = [];
  for (let n = 0; n < CALLS; n++) {
    const view = runtime.with(
      random.below(10) < 3 ? { key: n % 5 } : { priority: "high" },
    );
    const task = random.pick(tasks) as (n: number) => Promise<number>;
    calls.push(view.spawnCompute(task, n));
    if (random.below(10) === 0) await calls.at(-1);
  }
  assert.deepEqual(
    await Promise.all(calls),
    Array.from({ length: CALLS }, (_, n) => n),
  );
});
