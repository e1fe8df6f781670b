import assert from "node:assert/strict";
import { ShutdownError, spawnAsync, spawnCompute } from "../../mod.ts";
import { Latch } from "../support/latch.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

test("A tracked spawnAsync() task may make calls after shutdown began", async () => {
  const latch = new Latch();
  let outside: unknown;
  const total = await (async () => {
    await using runtime = await unpinned(1).build();
    const task = runtime.spawnAsync(async () => {
      await latch.wait();
      const one = await runtime.spawnCompute((n: number) => n + 1, 0);
      const two = await runtime.spawnAsync(async () =>
        await runtime.spawnCompute((n: number) => n + 1, one)
      );
      return runtime.install(() => two + 1);
    });
    runtime.shutdown();
    outside = await runtime.spawnCompute(() => 1).catch((error) => error);
    latch.open();
    return task;
  })();
  assert.equal(await total, 3);
  assert.ok(outside instanceof ShutdownError, "code outside of the task");
});

test("isIdle() counts calls that workers make, and shutdown waits for them", async () => {
  const runtime = await unpinned(2).build();
  const words = new Int32Array(new SharedArrayBuffer(8));
  await runtime.spawnCompute((words: Int32Array) => {
    // Not awaited: the call goes on when its caller has returned.
    spawnCompute((words: Int32Array) => {
      Atomics.store(words, 0, 1);
      Atomics.notify(words, 0);
      Atomics.wait(words, 1, 0);
      Atomics.store(words, 0, 2);
    }, words).catch(() => {});
  }, words);
  while (Atomics.load(words, 0) === 0) {
    await Atomics.waitAsync(words, 0, 0).value;
  }
  assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
  assert.ok(!runtime.isIdle(), "a call of a worker is in flight");
  const ended = runtime.blockUntilIdle();
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  await ended;
  assert.equal(words[0], 2, "the call has finished");
  assert.ok(runtime.isIdle());
});

test("Tracked tasks on a compute worker's event loop continue, and shutdown waits", async () => {
  const runtime = await unpinned(1).build();
  const words = new Int32Array(new SharedArrayBuffer(8));
  await runtime.spawnCompute((words: Int32Array) => {
    spawnAsync(async () => {
      for (let turn = 0; turn < 20; turn++) {
        await Atomics.waitAsync(words, 1, turn).value;
      }
      Atomics.store(words, 0, await spawnCompute((n: number) => n, 7));
    }).catch(() => {});
  }, words);
  assert.ok(!runtime.isIdle());
  const ended = runtime.blockUntilIdle();
  for (let turn = 0; turn < 20; turn++) {
    // Gives the worker the time to park.
    await new Promise((resolve) => setTimeout(resolve, 1));
    Atomics.store(words, 1, turn + 1);
    Atomics.notify(words, 1);
  }
  await ended;
  assert.equal(words[0], 7);
});

test("Shutdown goes on waiting for a worker when the last call of the main thread ends", async () => {
  const runtime = await unpinned(1).build();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const call = runtime.spawnCompute((words: Int32Array) => {
    spawnAsync(async () => {
      await Atomics.waitAsync(words, 1, 0).value;
    });
    Atomics.wait(words, 0, 0);
  }, words);
  const ended = runtime.blockUntilIdle();
  const release = (word: number) => {
    Atomics.store(words, word, 1);
    Atomics.notify(words, word);
  };
  release(0);
  await call;
  // The main thread has nothing left to do; the worker does.
  await new Promise((resolve) => setTimeout(resolve, 1));
  release(1);
  await ended;
});

test("Shutdown does not wait for the calls of a worker that was lost", async () => {
  const runtime = await unpinned(2).build();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const lost = runtime.spawnCompute((words: Int32Array) => {
    spawnCompute((words: Int32Array) => {
      Atomics.store(words, 0, 1);
      Atomics.wait(words, 1, 0);
    }, words).catch(() => {});
    while (Atomics.load(words, 0) === 0);
    process.exit(1);
  }, words);
  await assert.rejects(lost, { name: "WorkerLostError" });
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  await runtime.blockUntilIdle();
});
