import assert from "node:assert/strict";
import { spawnCompute } from "../../mod.ts";
import { fib } from "../fixtures/tasks/nested.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();
const sharedSmallPool = runtimeOfFile((workers) =>
  unpinned(workers).computePoolSize(1)
);

/** Calls itself on a worker, one level deeper each time. */
async function descend(depth: number): Promise<number> {
  return depth === 0 ? 0 : 1 + await spawnCompute(descend, depth - 1);
}

/** Makes `count` calls at the same time and returns the sum of their results. */
async function fanOut(count: number): Promise<number> {
  const calls = Array.from(
    { length: count },
    (_, i) => spawnCompute((n: number) => n, i),
  );
  return (await Promise.all(calls)).reduce((a, b) => a + b, 0);
}

for (const workers of [1, 3]) {
  const on = `on ${workers} worker${workers === 1 ? "" : "s"}`;

  test(`A tree of calls that await calls ends, ${on}`, async () => {
    await using runtime = await sharedRuntime(workers);
    assert.equal(await runtime.spawnCompute(fib, 12), 144);
    // A worker says a moment after its last call that it has none.
    while (!runtime.isIdle()) await new Promise((end) => setTimeout(end, 1));
  });

  test(`A chain of 200 nested calls ends, ${on}`, async () => {
    await using runtime = await sharedRuntime(workers);
    assert.equal(await runtime.spawnCompute(descend, 200), 200);
  });

  test(`A chain longer than the pool has slots ends, ${on}`, async () => {
    await using runtime = await sharedSmallPool(workers);
    assert.equal(await runtime.spawnCompute(descend, 200), 200);
  });

  test(`3,000 nested calls at once end in the smallest pool, ${on}`, async () => {
    await using runtime = await sharedSmallPool(workers);
    const sum = 3_000 * 2_999 / 2;
    assert.equal(await runtime.spawnCompute(fanOut, 3_000), sum);
    // More callers than the pool has slots, each with more calls than it has.
    const calls = Array.from(
      { length: 40 },
      () => runtime.spawnCompute(fanOut, 75),
    );
    assert.deepEqual(await Promise.all(calls), Array(40).fill(75 * 74 / 2));
  });

  test(
    `More suspended calls than the pool has slots all go on, ${on}`,
    async () => {
      await using runtime = await sharedSmallPool(workers);
      const calls = Array.from(
        { length: 100 },
        () => runtime.spawnCompute(descend, 20),
      );
      assert.deepEqual(await Promise.all(calls), Array(100).fill(20));
    },
  );
}
