import assert from "node:assert/strict";
import {
  currentRuntime,
  type LoomRuntime,
  type PoolStats,
  WorkerLostError,
} from "../../mod.ts";
import { positionOfKey } from "../../lib/calls/key.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const WORKERS = 3;
const KEYS = Array.from({ length: WORKERS }, (_, position) => {
  let key = 0;
  while (positionOfKey(key, WORKERS) !== position) key++;
  return key;
});

/** Polls the statistics until they are as expected, or the test hangs. */
async function expect(
  runtime: LoomRuntime,
  matches: (stats: PoolStats) => boolean,
): Promise<PoolStats> {
  while (true) {
    const { compute } = runtime.stats();
    if (matches(compute)) return compute;
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function statesOf({ workers }: PoolStats): string {
  return workers.map(({ state, running }) => `${state} ${running}`).join(", ");
}

/** Blocks the worker. */
function block(words: Int32Array): void {
  Atomics.wait(words, 0, 0);
}

/** Waits in the event loop. */
async function hold(words: Int32Array): Promise<void> {
  await Atomics.waitAsync(words, 0, 0).value;
}

test("stats() says what each worker does, and how many calls wait and run", async () => {
  await using runtime = await unpinned(WORKERS).computePoolSize(16).build();
  const idle = "asleep 0, asleep 0, asleep 0";
  const first = await expect(runtime, (stats) => statesOf(stats) === idle);
  const { queued, waiting, running, begun, workers } = first;
  assert.deepEqual([queued, waiting, running, begun], [0, 0, 0, 0]);
  assert.deepEqual(
    workers.map(({ name }) => name),
    [0, 1, 2].map((n) => `test-compute-000${n}`),
  );
  const words = new Int32Array(new SharedArrayBuffer(4));
  const views = KEYS.map((key) => runtime.with({ key }));
  const calls = [
    views[0].spawnCompute(block, words),
    views[1].spawnCompute(hold, words),
    views[1].spawnCompute(hold, words),
  ];
  const busy = "busy 1, asleep 2, asleep 0";
  await expect(runtime, (stats) => statesOf(stats) === busy);
  // 15 slots, of which 3 are in use.
  for (let n = 0; n < 20; n++) calls.push(views[0].spawnCompute(block, words));
  const full = runtime.stats().compute;
  assert.deepEqual(
    [full.queued, full.waiting, full.running, full.begun],
    [20, 8, 3, 3],
  );
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  await Promise.all(calls);
  const last = await expect(runtime, (stats) => statesOf(stats) === idle);
  assert.deepEqual(
    [last.queued, last.waiting, last.running, last.begun],
    [0, 0, 0, 23],
  );
  assert.deepEqual(runtime.stats().async.workers, []);
});

test("stats() counts the calls of tasks, and none of a lost worker", async () => {
  await using runtime = await unpinned(WORKERS).build();
  const words = new Int32Array(new SharedArrayBuffer(4));
  const outer = async (words: Int32Array, key: number, ends: boolean) => {
    const hold = async (words: Int32Array) => {
      await Atomics.waitAsync(words, 0, 0).value;
    };
    const call = currentRuntime().with({ key }).spawnCompute(hold, words);
    if (!ends) return await call;
    await Atomics.waitAsync(words, 0, 0).value;
    process.exit(3);
  };
  const first = runtime.with({ key: KEYS[0] });
  const call = first.spawnCompute(outer, words, KEYS[2], false);
  await expect(
    runtime,
    (stats) => statesOf(stats) === "asleep 1, asleep 0, asleep 1",
  );
  // As a task sees it, on the worker that is free.
  const stats = await runtime.with({ key: KEYS[1] }).spawnCompute(
    () => currentRuntime().stats().compute,
  );
  assert.equal(statesOf(stats), "asleep 1, busy 1, asleep 1");
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  await call;
  await assert.rejects(
    first.spawnCompute(outer, words, KEYS[2], true),
    WorkerLostError,
  );
  await expect(
    runtime,
    (stats) => statesOf(stats) === "asleep 0, asleep 0, asleep 0",
  );
});

test("stats() of a lone worker and of event-loop workers", async () => {
  await using runtime = await unpinned(1).asyncThreads(2).build();
  await runtime.spawnCompute((n: number) => n, 1);
  await expect(runtime, (stats) => statesOf(stats) === "asleep 0");
  const [worker] = runtime.stats().async.workers;
  assert.deepEqual([worker.name, worker.running], ["test-async-0001", 0]);
});
