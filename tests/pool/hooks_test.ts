import assert from "node:assert/strict";
import process from "node:process";
import { currentWorker } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

/** By worker: how often its setup and its teardown have run to their ends. */
function counters(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(16));
}

/** Ends a little later, so that whoever does not wait for it comes too early. */
async function count(words: Int32Array, first: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  Atomics.add(words, first + currentWorker()!.index, 1);
}

test("setup() runs on each compute worker before it serves, also on its replacement", async () => {
  const words = counters();
  await using runtime = await unpinned(2).asyncThreads(2)
    .setup(count, words, 0).build();
  assert.deepEqual([...words], [1, 1, 0, 0]);
  const seen = await runtime.spawnCompute(
    (words: Int32Array) => [currentWorker()!.index, ...words],
    words,
  );
  await assert.rejects(runtime.spawnCompute(() => process.exit(1)), {
    name: "WorkerLostError",
  });
  // One of the two is lost, and its replacement has set up when it serves.
  const both = (words: Int32Array) => {
    Atomics.add(words, 3, 1);
    while (Atomics.load(words, 3) < 2);
    return words[0] + words[1];
  };
  const calls = [1, 2].map(() => runtime.spawnCompute(both, words));
  assert.deepEqual(await Promise.all(calls), [3, 3]);
  assert.deepEqual(seen.slice(1), [1, 1, 0, 0]);
});

test("teardown() runs on each compute worker when the runtime ends, which waits for it", async () => {
  const words = counters();
  const runtime = await unpinned(2).teardown(count, words, 2).build();
  await runtime.spawnCompute(() => {});
  assert.deepEqual([...words], [0, 0, 0, 0]);
  await runtime.blockUntilIdle();
  assert.deepEqual([...words], [0, 0, 1, 1]);
});

test("A teardown() that fails is a warning, and the runtime ends", async () => {
  const runtime = await unpinned(1).teardown(() => {
    throw new Error("no");
  }).build();
  await runtime.blockUntilIdle();
});

test("A setup() that fails is the cause of the error of build()", async () => {
  const broken = unpinned(2).setup((text: string) => {
    throw new RangeError(text);
  }, "no model");
  await assert.rejects(
    broken.build(),
    (error: Error) => {
      assert.equal(error.name, "LoomError");
      assert.equal(
        error.message,
        "Cannot start workers: the function of setup() failed: no model",
      );
      assert.ok(error.cause instanceof RangeError);
      return true;
    },
  );
});

test("A setup() that fails on replacements ends the runtime after three starts", async () => {
  const words = counters();
  const runtime = await unpinned(1).setup((words: Int32Array) => {
    if (Atomics.add(words, 0, 1) > 0) throw new Error("gone");
  }, words).build();
  const calls = [
    runtime.spawnCompute(() => process.exit(1)),
    runtime.spawnCompute(() => 1),
  ];
  const [lost, next] = await Promise.allSettled(calls);
  await runtime.waitForShutdown();
  assert.equal((lost as PromiseRejectedResult).reason.name, "WorkerLostError");
  const { reason } = next as PromiseRejectedResult;
  assert.match(reason.message, /workers could not be replaced/);
  assert.match(reason.cause.message, /the function of setup\(\) failed: gone/);
  assert.equal(words[0], 4);
});

test("setup() refuses functions that cannot be sent, and arguments that cannot be copied", async () => {
  const outside = { n: 1 };
  await assert.rejects(unpinned(1).setup(() => outside.n).build(), {
    name: "CapturedVariableError",
  });
  assert.throws(
    () => unpinned(1).setup((_: () => void) => {}, () => {}),
    { name: "DataCloneError" },
  );
});

test("currentWorker() says which worker runs a task, and is undefined elsewhere", async () => {
  await using runtime = await unpinned(1).prefix("cw").build();
  assert.deepEqual(await runtime.spawnCompute(() => currentWorker()), {
    index: 0,
    name: "cw-compute-0000",
    cpu: null,
  });
  assert.equal(currentWorker(), undefined);
});
