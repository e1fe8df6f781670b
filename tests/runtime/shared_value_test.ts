import assert from "node:assert/strict";
import {
  computeMap,
  LoomError,
  parIter,
  type SharedValue,
  sharedValue,
  spawnCompute,
  WorkerLostError,
} from "../../mod.ts";
import { isCollected, noteValue } from "../fixtures/tasks/large_values.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { liveHeapBytes } from "../support/heap.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const table = () => ({
  words: ["warp", "weft"],
  counts: new Map([["warp", 3]]),
  memory: new Int32Array(new SharedArrayBuffer(4)),
});
type Table = ReturnType<typeof table>;

test("A worker reads a shared value once, however it gets there", async () => {
  await using runtime = await sharedRuntime(1);
  const shared = sharedValue(table());
  const back = await runtime.spawnCompute((shared) => {
    Atomics.add(shared.value.memory, 0, 5);
    return { shared, counts: shared.value.counts };
  }, shared);
  assert.deepEqual(back.counts, table().counts);
  assert.equal(back.shared, shared);
  assert.deepEqual(shared.value, { ...table(), memory: new Int32Array([5]) });

  assert.equal(await runtime.spawnCompute(noteValue, shared), false);
  assert.equal(await runtime.spawnCompute(noteValue, shared), true);
  const inside = await runtime.spawnCompute(
    ({ shared }) => spawnCompute(({ words }) => words, shared.value),
    { shared },
  );
  assert.deepEqual(inside, table().words);
  const items = computeMap([shared, shared, shared], noteValue);
  assert.deepEqual(await Array.fromAsync(items), [true, true, true]);
});

test("Workers pass a shared value on and make their own", async () => {
  await using runtime = await sharedRuntime(2);
  const shared = sharedValue(table());
  const seen = await runtime.spawnCompute(async (shared) => {
    const own = sharedValue({ outer: shared, list: [1, 2] });
    const calls = Array.from(
      { length: 20 },
      (_, i) =>
        spawnCompute(
          (own, i: number) =>
            own.value.outer.value.words[i % 2] + own.value.list[i % 2],
          own,
          i,
        ),
    );
    return { own, words: new Set(await Promise.all(calls)) };
  }, shared);
  assert.deepEqual([...seen.words].sort(), ["warp1", "weft2"]);
  assert.equal(seen.own.value.outer, shared);
  const lengths = await parIter(Array.from({ length: 500 }, (_, i) => i))
    .map((i, shared) => shared.value.words[i % 2].length + i, shared)
    .collectAsync();
  assert.equal(lengths[499], 503);
});

test("A replaced worker has the shared values of its calls", async () => {
  await using runtime = await sharedRuntime(1);
  const shared = sharedValue(table());
  const word = (shared: SharedValue<Table>) => shared.value.words[0];
  assert.equal(await runtime.spawnCompute(word, shared), "warp");
  const end = runtime.spawnCompute(() => process.exit(1));
  const after = Array.from(
    { length: 5 },
    () => runtime.spawnCompute(word, shared),
  );
  await assert.rejects(end, WorkerLostError);
  assert.deepEqual(await Promise.all(after), Array(5).fill("warp"));
});

test("A shared value is gone from the workers when it is garbage or disposed", async () => {
  await using runtime = await sharedRuntime(1);
  const isGone = () => runtime.spawnCompute(isCollected);
  const use = (shared: SharedValue<object>) =>
    runtime.spawnCompute(noteValue, shared);
  await use(sharedValue({ text: "garbage" }));
  while (!await isGone()) liveHeapBytes();

  const shared = sharedValue({ text: "disposed" });
  // Its memory is still in use here, so that nothing is collected on this thread.
  const outer = sharedValue({ shared });
  await use(shared);
  const inFlight = Array.from({ length: 200 }, () => use(shared));
  shared[Symbol.dispose]();
  assert.ok((await Promise.all(inFlight)).every((isSame) => isSame));
  while (!await isGone());
  assert.throws(() => shared.value, LoomError);
  await assert.rejects(use(shared), (error: Error) => {
    assert.equal(error.name, "DataCloneError");
    assert.match(error.message, /a SharedValue that has been disposed/);
    return true;
  });
  const again = await runtime.spawnCompute(
    (outer: SharedValue<{ shared: SharedValue<object> }>) =>
      outer.value.shared.value,
    outer,
  );
  assert.deepEqual(again, { text: "disposed" });
});

test("sharedValue() refuses what cannot be copied", () => {
  assert.throws(
    () => sharedValue({ run: () => {} }),
    /Cannot send shared value: shared value\.run is a function/,
  );
});
