import assert from "node:assert/strict";
import {
  type LoomRuntime,
  parRange,
  QueueFullError,
  ShutdownError,
  spawnCompute,
} from "../../mod.ts";
import { positionOfKey } from "../../lib/calls/key.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const echo = (n: number) => n;

/** Counts itself in word 1, then blocks its worker until word 0 is set. */
function block(words: Int32Array): void {
  Atomics.add(words, 1, 1);
  Atomics.wait(words, 0, 0);
}

/** Makes calls that block the workers, and lets them go. */
class Blocker {
  readonly #words = new Int32Array(new SharedArrayBuffer(8));
  readonly #calls: Promise<void>[] = [];

  /** Begins a call, as soon as `make` accepts it; resolves when it blocks. */
  async begin(
    make: (
      fn: typeof block,
      words: Int32Array,
    ) => Promise<void> | undefined,
  ): Promise<void> {
    let call: Promise<void> | undefined;
    while ((call = make(block, this.#words)) === undefined) await turn();
    this.#calls.push(call);
    while (Atomics.load(this.#words, 1) < this.#calls.length) await turn();
  }

  async end(): Promise<void> {
    Atomics.store(this.#words, 0, 1);
    Atomics.notify(this.#words, 0);
    await Promise.all(this.#calls);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Makes a call in a runtime whose queue is full. */
async function refuse(runtime: LoomRuntime, queued: number, limit: number) {
  const wait = queued === 1 ? "1 call waits" : `${queued} calls wait`;
  for (
    const call of [
      () => runtime.spawnCompute(echo, 1),
      () => runtime.spawnCompute(() => 1),
      () => runtime.computePool.spawn(echo, 1),
      () => runtime.with({ key: 1 }).spawnCompute(echo, 1),
    ]
  ) {
    await assert.rejects(call(), (error) => {
      assert.ok(error instanceof QueueFullError);
      assert.deepEqual([error.queued, error.limit], [queued, limit]);
      assert.equal(
        error.message,
        `Cannot queue call: ${wait} for a worker, and maxQueuedCalls is ${limit}; ` +
          'await earlier calls, or let it wait with runtime.with({ queue: "wait" })',
      );
      return true;
    });
  }
}

test("maxQueuedCalls() limits the calls that no worker has begun, in rings and without a slot", async () => {
  for (const limit of [2, 40]) {
    await using runtime = await unpinned(1).computePoolSize(16)
      .maxQueuedCalls(limit).build();
    for (let round = 0; round < 2; round++) {
      const blocker = new Blocker();
      await blocker.begin((fn, words) => runtime.spawnCompute(fn, words));
      const calls = Array.from(
        { length: limit },
        (_, n) => runtime.spawnCompute(echo, n),
      );
      await refuse(runtime, limit, limit);
      const patient = runtime.with({ queue: "wait" });
      calls.push(patient.spawnCompute(echo, limit));
      await refuse(runtime, limit + 1, limit);
      await blocker.end();
      assert.deepEqual(
        await Promise.all(calls),
        Array.from({ length: limit + 1 }, (_, n) => n),
      );
    }
  }
});

for (const workers of [1, 2]) {
  test(`trySpawnCompute() and maxQueuedCalls(0) accept as many calls as ${workers} worker(s) can begin`, async () => {
    await using runtime = await unpinned(workers).maxQueuedCalls(0).build();
    for (let round = 0; round < 3; round++) {
      const blocker = new Blocker();
      for (let n = 0; n < workers; n++) {
        await blocker.begin((fn, words) => runtime.trySpawnCompute(fn, words));
      }
      await refuse(runtime, 0, 0);
      assert.equal(runtime.trySpawnCompute(echo, 1), undefined);
      await blocker.end();
      let call: Promise<number> | undefined;
      while ((call = runtime.trySpawnCompute(echo, 7)) === undefined) {
        await turn();
      }
      assert.equal(await call, 7);
    }
  });
}

test("After shutdown a call is refused for that reason, however full the queue is", async () => {
  const runtime = await unpinned(1).maxQueuedCalls(0).build();
  const blocker = new Blocker();
  await blocker.begin((fn, words) => runtime.trySpawnCompute(fn, words));
  const view = runtime.with({ priority: "high" });
  await assert.rejects(view.spawnCompute(echo, 1), QueueFullError);
  const ended = runtime.shutdown();
  await assert.rejects(view.spawnCompute(echo, 1), ShutdownError);
  await blocker.end();
  await ended;
});

test("trySpawnCompute() with a key accepts a call if the worker of the key is free", async () => {
  await using runtime = await unpinned(2).build();
  const [first, second] = [0, 1].map((position) => {
    let key = 0;
    while (positionOfKey(key, 2) !== position) key++;
    return runtime.with({ key });
  });
  const blocker = new Blocker();
  await blocker.begin((fn, words) => first.trySpawnCompute(fn, words));
  assert.equal(first.trySpawnCompute(echo, 1), undefined);
  let call: Promise<number> | undefined;
  while ((call = second.trySpawnCompute(echo, 2)) === undefined) await turn();
  assert.equal(await call, 2);
  await blocker.end();
});

test("maxQueuedCalls() does not limit what limits itself, nor the calls of tasks", async () => {
  await using runtime = await unpinned(2).maxQueuedCalls(0).build();
  const items = Array.from({ length: 100 }, (_, n) => n);
  for (const key of [undefined, (n: number) => n]) {
    const options = key === undefined ? {} : { key };
    const seen = await Array.fromAsync(
      runtime.computeMap(items, echo, options),
    );
    assert.deepEqual(seen, items);
  }
  assert.equal(
    await runtime.install(() => parRange(0, 1000).map((n) => n).sumAsync()),
    499_500,
  );
  assert.deepEqual(await runtime.onEachWorker(echo, 1), [1, 1]);
  const fanOut = async () => {
    const echo = (n: number) => n;
    const calls = Array.from({ length: 50 }, (_, n) => spawnCompute(echo, n));
    return (await Promise.all(calls)).length;
  };
  assert.equal(await runtime.with({ queue: "wait" }).spawnCompute(fanOut), 50);
});
