import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import {
  join,
  joinAsync,
  move,
  parIter,
  parRange,
  scope,
  scopeCompute,
  sharedValue,
  type Task,
  task,
  WorkerLostError,
} from "../../mod.ts";
import {
  Barrier,
  Latch,
  Mutex,
  RwLock,
  Semaphore,
} from "../../lib/sync/mod.ts";
import { inlineRuntime } from "../../lib/testing/mod.ts";
import { test } from "../support/test.ts";

const HOUR = 3_600_000;

function square(n: number): number {
  return n * n;
}

/** Uses this module, so it cannot be sent as text. */
const sumOfSquares: Task<[limit: number], Promise<number>> = task(
  import.meta.url,
  async function sumOfSquares(limit: number): Promise<number> {
    const sum = await parRange(0, limit).map(square).sumAsync();
    assert.equal(parRange(0, limit).map(square).sum(), sum);
    return sum;
  },
);

test("parallel operations, joins and scopes run inline, also in tasks", async () => {
  await using runtime = await inlineRuntime();
  assert.equal(await runtime.spawnCompute(sumOfSquares, 1000), 332_833_500);
  assert.equal(await sumOfSquares(1000), 332_833_500);
  assert.equal(runtime.install(() => parIter([1, 2]).sum()), 3);
  assert.deepEqual(join([square, 2], [square, 3]), [4, 9]);
  assert.deepEqual(await joinAsync([square, 2], [square, 3]), [4, 9]);
  const spawned = scope((s) => [s.spawn(square, 4), s.spawn(square, 5)]);
  assert.deepEqual(spawned.map(({ value }) => value), [16, 25]);
  const sum = await scopeCompute(async (s) =>
    await s.spawn(square, 4) + await s.spawn(square, 5)
  );
  assert.equal(sum, 41);
  const failing = parIter([1, 2]).map((n) => {
    if (n === 2) throw new RangeError("on purpose");
    return n;
  });
  await assert.rejects(failing.sumAsync(), RangeError);
  assert.throws(() => failing.sum(), RangeError);
});

test("maps, transforms and streams run inline, to their end or not", async () => {
  await using runtime = await inlineRuntime();
  const squares = await Array.fromAsync(
    runtime.computeMap([1, 2, 3, 4, 5], square, { concurrency: 2, batch: 2 }),
  );
  assert.deepEqual(squares, [1, 4, 9, 16, 25]);
  const { readable, writable } = runtime.computeTransform(square);
  const written = ReadableStream.from([2, 3]).pipeTo(writable);
  assert.deepEqual(await Array.fromAsync(readable), [4, 9]);
  await written;
  const endless = function* () {
    for (let n = 1;; n++) yield n;
  };
  for await (const n of runtime.computeMap(endless(), square)) {
    if (n === 9) break;
  }
  for await (const n of runtime.computeStream(endless)) if (n === 50) break;
  await runtime.clock.advance(0);
  assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
  assert.equal(runtime.isIdle(), true);
});

test("moved and shared values cross inline as between threads", async () => {
  await using runtime = await inlineRuntime();
  const bytes = new Uint8Array(100_000).fill(7);
  const length = await runtime.spawnCompute(
    (moved) => moved.byteLength,
    move(bytes.buffer),
  );
  assert.deepEqual([length, bytes.length], [100_000, 0]);
  using prices = sharedValue(new Map([["tea", 4]]));
  const price = await runtime.spawnCompute(
    (prices) => prices.value.get("tea"),
    prices,
  );
  assert.equal(price, 4);
});

test("all kinds of shared objects connect inline workers", async () => {
  await using runtime = await inlineRuntime({ computeThreads: 3 });
  const pass = async (
    lock: RwLock,
    permits: Semaphore,
    barrier: Barrier,
    latch: Latch,
  ) => {
    {
      using _reading = await lock.read();
      using _permit = await permits.acquire();
    }
    await barrier.wait();
    latch.countDown();
    await latch.wait();
    return "passed";
  };
  const objects = [
    new RwLock(),
    new Semaphore(2),
    new Barrier(2),
    new Latch(2),
  ] as const;
  const calls = [1, 2].map(() => runtime.spawnCompute(pass, ...objects));
  assert.deepEqual(await Promise.all(calls), ["passed", "passed"]);
});

test("a task that would block the only thread gets an error that says so", async () => {
  await using runtime = await inlineRuntime();
  const words = runtime.alloc(Int32Array, 1);
  const blocked = runtime.spawnCompute(
    (words) => Atomics.wait(words, 0, 0),
    words,
  );
  await assert.rejects(blocked, /Cannot block in Atomics.wait\(\)/);
  const passes = runtime.spawnCompute(
    (words) => Atomics.wait(words, 0, 1),
    words,
  );
  assert.equal(await passes, "not-equal");
  const mutex = new Mutex();
  using _guard = await mutex.lock();
  await assert.rejects(
    runtime.spawnCompute((mutex) => void mutex.lockSync(), mutex),
    /Cannot block/,
  );
});

test("a task that exits ends its inline worker only, which is replaced", async () => {
  const lost: unknown[] = [];
  const note = (event: unknown) => lost.push((event as { name: string }).name);
  channel("loom:worker:lost").subscribe(note);
  await using runtime = await inlineRuntime({ computeThreads: 1 });
  const lostTo = (code: number) => (error: unknown) =>
    error instanceof WorkerLostError && error.message.includes(`code ${code}`);
  const beside = runtime.spawnCompute(() => new Promise<void>(() => {}));
  const late = runtime.spawnCompute(async (ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    process.exit(3);
  }, HOUR);
  const ends = [beside, late].map((call) => assert.rejects(call, lostTo(3)));
  await runtime.clock.advance(HOUR);
  await Promise.all(ends);
  await assert.rejects(
    runtime.spawnCompute(() => process.exit(4)),
    lostTo(4),
  );
  channel("loom:worker:lost").unsubscribe(note);
  assert.deepEqual(lost, ["test-compute-0000", "test-compute-0000"]);
  assert.equal(await runtime.spawnCompute(square, 3), 9);
});

test("an inline runtime counts what it does", async () => {
  await using runtime = await inlineRuntime({ computeThreads: 1 });
  const urgent = runtime.with({ priority: "high" });
  const failed = urgent.spawnCompute(function fail() {
    throw new RangeError("on purpose");
  });
  await assert.rejects(failed, RangeError);
  for (let n = 0; n < 10; n++) await runtime.spawnCompute(square, n);
  const { tasks, threads, latency } = runtime.metrics();
  const runs = tasks.map(({ name, runs, failed }) => [name, runs, failed]);
  assert.deepEqual(runs, [["fail", 1, 1], ["square", 10, 0]]);
  assert.deepEqual(threads.map(({ runs }) => runs), [0, 11]);
  assert.equal(threads[0].settledCalls, 11);
  assert.ok(latency.count > 0);
  assert.equal(runtime.stats().compute.begun, 11);
});
