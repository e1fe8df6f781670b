import assert from "node:assert/strict";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile((workers) =>
  unpinned(workers).computePoolSize(1)
);

/** Appends `n` to the record that begins at word 1. */
const record = (words: Int32Array, n: number) => {
  words[Atomics.add(words, 0, 1) + 1] = n;
  return n;
};

test("2,000 calls in the smallest pool all run, in order of submission on one worker", async () => {
  await using runtime = await sharedRuntime(1);
  const words = new Int32Array(new SharedArrayBuffer(4 * 2_001));
  const numbers = Array.from({ length: 2_000 }, (_, n) => n);
  const calls = numbers.map((n) => runtime.spawnCompute(record, words, n));
  assert.equal(runtime.inFlight.compute, 2_000);
  assert.deepEqual(await Promise.all(calls), numbers);
  assert.deepEqual([...words.subarray(1)], numbers);
  assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
});

test("Calls of every kind keep their order while they wait", async () => {
  await using runtime = await sharedRuntime(1);
  const words = new Int32Array(new SharedArrayBuffer(4 * 601));
  const padded = (words: Int32Array, n: number, _padding: unknown) => {
    words[Atomics.add(words, 0, 1) + 1] = n;
  };
  const bytes = new Uint8Array(5_000);
  const calls: Promise<unknown>[] = [];
  // Inline, through the arena, and untracked. More are submitted while others run.
  for (let n = 0; n < 600; n += 3) {
    calls.push(
      runtime.spawnCompute(padded, words, n, null),
      runtime.spawnCompute(padded, words, n + 1, bytes),
      runtime.computePool.spawn(padded, words, n + 2, "text"),
    );
    if (n % 60 === 0) await calls[Math.floor(calls.length / 2)];
  }
  await Promise.all(calls);
  assert.deepEqual(
    [...words.subarray(1)],
    Array.from({ length: 600 }, (_, n) => n),
  );
});

test("A small call does not overtake a large one that waits for room", async () => {
  await using runtime = await unpinned(1).maxPayloadBytes(64 * 1024).build();
  const large = (bytes: Uint8Array) => {
    const seen = (globalThis as { seen?: number[] }).seen ??= [];
    seen.push(bytes[0]);
  };
  const small = (n: number) => {
    (globalThis as { seen?: number[] }).seen!.push(n);
  };
  const calls: Promise<void>[] = [];
  for (let n = 0; n < 100; n += 2) {
    // Two of these do not fit into the arena together.
    const bytes = new Uint8Array(60 * 1024).fill(n);
    calls.push(runtime.spawnCompute(large, bytes));
    calls.push(runtime.spawnCompute(small, n + 1));
  }
  await Promise.all(calls);
  assert.deepEqual(
    await runtime.spawnCompute(() => (globalThis as { seen?: number[] }).seen),
    Array.from({ length: 100 }, (_, n) => n),
  );
});

test("2,000 calls in the smallest pool all run once on many workers", async () => {
  await using runtime = await sharedRuntime(4);
  const words = new Int32Array(new SharedArrayBuffer(4 * 2_001));
  const numbers = Array.from({ length: 2_000 }, (_, n) => n);
  const calls = numbers.map((n) => runtime.spawnCompute(record, words, n));
  assert.deepEqual(await Promise.all(calls), numbers);
  const ran = [...words.subarray(1)].toSorted((a, b) => a - b);
  assert.deepEqual(ran, numbers);
});
