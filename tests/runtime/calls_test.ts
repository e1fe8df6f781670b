import assert from "node:assert/strict";
import {
  currentRuntime,
  NoRuntimeError,
  spawnAsync,
  spawnCompute,
} from "../../mod.ts";
import { describe } from "../fixtures/tasks/nested.ts";
import { Latch } from "../support/latch.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const identity = (n: number) => n;

test("Tracked calls count as in flight until they resolve or reject", async () => {
  await using runtime = await unpinned(1).build();
  assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
  assert.ok(runtime.isIdle());
  const latch = new Latch();
  const settled = [
    runtime.spawnCompute(identity, 1),
    runtime.spawnCompute(() => Promise.reject(new Error("late"))),
    runtime.spawnAsync(() => latch.wait()),
    runtime.spawnAsync(() => {
      throw new Error("soon");
    }),
  ];
  assert.deepEqual(runtime.inFlight, { compute: 2, async: 2 });
  assert.ok(!runtime.isIdle());
  await Promise.allSettled([settled[0], settled[1], settled[3]]);
  assert.deepEqual(runtime.inFlight, { compute: 0, async: 1 });
  assert.ok(!runtime.isIdle());
  latch.open();
  await settled[2];
  assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
  assert.ok(runtime.isIdle());
});

test("Untracked calls run and do not count", async () => {
  await using runtime = await unpinned(2).build();
  const { computePool, asyncHandle } = runtime;
  assert.deepEqual([computePool.threads, asyncHandle.threads], [2, 1]);
  const calls = [
    computePool.spawn(identity, 1),
    asyncHandle.spawn(async (n: number) => await Promise.resolve(n), 2),
  ];
  assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
  assert.ok(runtime.isIdle());
  assert.deepEqual(await Promise.all(calls), [1, 2]);
  await assert.rejects(
    computePool.spawn(() => {
      throw new RangeError("untracked");
    }),
    { name: "RangeError", message: "untracked" },
  );
});

test("spawnAsync() runs a closure on the calling thread with its captured variables", async () => {
  await using runtime = await unpinned(1).build();
  const scope: string[] = [];
  const length = await runtime.spawnAsync((text: string) => {
    scope.push(text);
    return scope.length;
  }, "here");
  assert.equal(length, 1);
  assert.deepEqual(scope, ["here"]);
  await assert.rejects(
    runtime.spawnAsync(() => {
      throw new TypeError("closure");
    }),
    { name: "TypeError", message: "closure" },
  );
});

test("The top-level functions use the runtime built last that has not ended", async () => {
  const older = await unpinned(1).build();
  const newer = await unpinned(2).build();
  assert.equal(currentRuntime(), newer);
  assert.equal(await spawnCompute(identity, 3), 3);
  assert.equal(await spawnAsync(() => currentRuntime().computeThreads), 2);
  await newer.blockUntilIdle();
  assert.equal(currentRuntime(), older);
  await older.blockUntilIdle();
  assert.throws(() => currentRuntime(), NoRuntimeError);
});

test("A runtime that ends before a newer one does not become current again", async () => {
  const older = await unpinned(1).build();
  const newer = await unpinned(1).build();
  await older.blockUntilIdle();
  assert.equal(currentRuntime(), newer);
  await newer.blockUntilIdle();
  assert.throws(() => currentRuntime(), NoRuntimeError);
});

test("The top-level functions work on a worker", async () => {
  await using runtime = await unpinned(1).build();
  const seen = {
    text: String(runtime),
    doubled: 42,
    here: "async",
  };
  assert.deepEqual(await runtime.spawnCompute(describe), seen);
  // A self-contained function can use them without an import.
  assert.deepEqual(
    await runtime.spawnCompute(async () => ({
      text: String(currentRuntime()),
      doubled: await spawnCompute((n: number) => n * 2, 21),
      here: await spawnAsync(async () => await Promise.resolve("async")),
    })),
    seen,
  );
});
