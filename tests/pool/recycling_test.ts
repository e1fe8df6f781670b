import assert from "node:assert/strict";
import { parIter, spawnCompute } from "../../mod.ts";
import { threadsNamed } from "../support/proc.ts";
import { unpinned } from "../support/runtime.ts";
import { sized } from "../support/stress.ts";
import { test } from "../support/test.ts";

/** How many calls this worker has run. */
function countHere(): number {
  const scope = globalThis as { count?: number };
  scope.count = (scope.count ?? 0) + 1;
  return scope.count;
}

test("recycle() replaces all compute workers, whose successors are set up", async () => {
  await using runtime = await unpinned(2).prefix("rc").setup(() => {
    Object.assign(globalThis, { count: 100 });
  }).build();
  for (let n = 0; n < 20; n++) await runtime.spawnCompute(countHere);
  const before = runtime.threads().map(({ threadId }) => threadId);
  await Promise.all([runtime.recycle(), runtime.recycle()]);
  const after = runtime.threads().map(({ threadId }) => threadId);
  assert.equal(after[0], before[0]);
  for (const index of [1, 2]) assert.notEqual(after[index], before[index]);
  assert.equal(await runtime.spawnCompute(countHere), 101);
  assert.equal(threadsNamed("rc-", 2).length, 2);
});

test("No call is lost while workers are recycled under load", async () => {
  await using runtime = await unpinned(2).prefix("rl").computePoolSize(16)
    .build();
  const bytes = new Uint8Array(5000).fill(3);
  const shared = new Int32Array(new SharedArrayBuffer(4));
  let isOver = false;
  let count = 0;
  const caller = async () => {
    while (!isOver) {
      const sum = await runtime.spawnCompute(
        async (bytes: Uint8Array, shared: Int32Array) => {
          Atomics.add(shared, 0, 1);
          const same = await spawnCompute((b: Uint8Array) => b, bytes);
          return parIter([same.length, same[0]]).sum();
        },
        bytes,
        shared,
      );
      assert.equal(sum, 5003);
      count++;
    }
  };
  const callers = Array.from({ length: 8 }, caller);
  for (let n = 0; n < sized(3, 25); n++) await runtime.recycle();
  isOver = true;
  await Promise.all(callers);
  assert.equal(shared[0], count);
  assert.equal(threadsNamed("rl-", 2).length, 2);
});

test("A worker is recycled when it has run so many calls", async () => {
  await using runtime = await unpinned(1).recycle({ calls: 10 }).build();
  const counts: number[] = [];
  let restarts = 0;
  while (restarts < 3) {
    const count = await runtime.spawnCompute(countHere);
    if (count === 1 && counts.length > 0) restarts++;
    if (count === 1) assert.ok(counts.length === 0 || counts.at(-1)! >= 10);
    counts.push(count);
  }
});

test("A worker whose heap has grown is recycled, and the memory is free", async () => {
  await using runtime = await unpinned(1).recycle({ heapMiB: 64 }).build();
  const grow = () => {
    const scope = globalThis as { kept?: unknown[]; grown?: number };
    scope.kept ??= [];
    for (let n = 0; n < 100; n++) scope.kept.push({ n, text: `text ${n}` });
    return scope.kept.length;
  };
  let last = 0;
  for (;;) {
    const length = await runtime.spawnCompute(grow);
    if (length < last) break;
    last = length;
  }
  assert.ok(last > 100_000);
});

test("A worker that has a pending promise is not recycled before it settles", async () => {
  await using runtime = await unpinned(1).build();
  const words = new Int32Array(new SharedArrayBuffer(4));
  const call = runtime.spawnCompute(async (words: Int32Array) => {
    await Atomics.waitAsync(words, 0, 0).value;
    return "done";
  }, words);
  const recycled = runtime.recycle();
  const nested = runtime.spawnCompute(countHere);
  assert.equal(typeof await nested, "number");
  await new Promise((resolve) => setTimeout(resolve, 100));
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  assert.equal(await call, "done");
  await recycled;
});

test("A shutdown while workers are recycled ends all threads", async () => {
  const runtime = await unpinned(2).prefix("rs").build();
  const recycled = runtime.recycle();
  await runtime.blockUntilIdle();
  await recycled;
  assert.equal(threadsNamed("rs-", 0).length, 0);
});

test("A successor that cannot be set up leaves the old worker, and recycle() rejects", async () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  await using runtime = await unpinned(1).setup((words: Int32Array) => {
    if (Atomics.add(words, 0, 1) > 0) throw new Error("gone");
  }, words).build();
  await runtime.spawnCompute(countHere);
  await assert.rejects(runtime.recycle(), {
    name: "LoomError",
    message: "Cannot recycle worker 1: the function of setup() failed: gone",
  });
  assert.equal(await runtime.spawnCompute(countHere), 2);
});
