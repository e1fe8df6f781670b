import assert from "node:assert/strict";
import {
  arriveAndWait,
  whereAmI,
  whereAreMyCalls,
} from "../fixtures/tasks/loops.ts";
import { threadsNamed } from "../support/proc.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

test("Tasks run on event-loop workers, several at the same time on each", async () => {
  await using runtime = await unpinned(1).asyncThreads(3).build();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const calls = Array.from(
    { length: 50 },
    () => runtime.spawnAsync(arriveAndWait, words),
  );
  assert.deepEqual(runtime.inFlight, { compute: 0, async: 50 });
  // No call can end before all of them run.
  for (let n = 0; (n = Atomics.load(words, 0)) < 50;) {
    await Atomics.waitAsync(words, 0, n).value;
  }
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  const ran = new Set(await Promise.all(calls));
  const loops = threadsNamed("test-async-", 2).map(({ threadId }) => threadId);
  assert.equal(loops.length, 2);
  for (const threadId of ran) assert.ok(loops.includes(threadId));
  assert.ok(!ran.has(whereAmI()));
});

test("Closures run on the calling thread, and so do tasks without event-loop workers", async () => {
  await using many = await unpinned(1).asyncThreads(2).build();
  let touched = false;
  const closure = () => {
    touched = true;
    return whereAmI();
  };
  assert.equal(await many.spawnAsync(closure), whereAmI());
  assert.ok(touched);
  assert.notEqual(await many.asyncHandle.spawn(whereAmI), whereAmI());
  await using one = await unpinned(1).build();
  assert.equal(await one.spawnAsync(whereAmI), whereAmI());
});

test("Compute workers and event-loop workers call each other", async () => {
  await using runtime = await unpinned(1).asyncThreads(2).build();
  const [compute] = threadsNamed("te-compute-", 1);
  const [loop] = threadsNamed("test-async-", 1);
  const expected = { compute: compute.threadId, async: loop.threadId };
  assert.deepEqual(await runtime.spawnCompute(whereAreMyCalls), expected);
  assert.deepEqual(await runtime.spawnAsync(whereAreMyCalls), expected);
});
