import assert from "node:assert/strict";
import { isCancelled, type LoomRuntime } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const enough = new Error("enough");
const sharedRuntime = runtimeOfFile();

/** Items of which the first ends at once, and the others when they are cancelled. */
function itemsWith(words: Int32Array) {
  return Array.from({ length: 100 }, (_, n) => ({ n, words }));
}

function mapItem({ n, words }: { n: number; words: Int32Array }): number {
  if (n === 0) return n;
  Atomics.add(words, 0, 1);
  while (!isCancelled());
  Atomics.add(words, 1, 1);
  return n;
}

async function idle(runtime: LoomRuntime): Promise<void> {
  while (runtime.inFlight.compute !== 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

for (const workers of [1, 2]) {
  test(`Leaving computeMap() cancels what is in flight, ${workers} worker(s)`, async () => {
    await using runtime = await sharedRuntime(workers);
    const words = new Int32Array(new SharedArrayBuffer(8));
    for await (const n of runtime.computeMap(itemsWith(words), mapItem)) {
      assert.equal(n, 0);
      break;
    }
    await idle(runtime);
    assert.equal(words[0], words[1]);
    assert.ok(words[0] <= workers);
  });
}

test("The signals of a view and of computeMap() cancel what is in flight", async () => {
  await using runtime = await sharedRuntime(2);
  for (const which of ["view", "map"]) {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const abort = new AbortController();
    const { signal } = abort;
    const view = runtime.with(which === "view" ? { signal } : {});
    const options = which === "map" ? { signal } : {};
    const seen: number[] = [];
    const reading = (async () => {
      for await (
        const n of view.computeMap(itemsWith(words), mapItem, options)
      ) seen.push(n);
    })();
    while (Atomics.load(words, 0) === 0) {
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    abort.abort(enough);
    await assert.rejects(reading, (error) => error === enough);
    assert.ok(seen.length <= 1);
    await idle(runtime);
    assert.equal(words[0], words[1]);
  }
});

test("Cancelling a stream of computeTransform() cancels what is in flight", async () => {
  await using runtime = await sharedRuntime(2);
  const words = new Int32Array(new SharedArrayBuffer(8));
  const results = ReadableStream.from(itemsWith(words))
    .pipeThrough(runtime.computeTransform(mapItem));
  const reader = results.getReader();
  assert.deepEqual(await reader.read(), { done: false, value: 0 });
  await reader.cancel();
  await idle(runtime);
  assert.equal(words[0], words[1]);
});

test("Each item of computeMap() has the time limits of the view", async () => {
  await using runtime = await sharedRuntime(1);
  const seen: number[] = [];
  const view = runtime.with({ timeoutMs: 500 });
  const reading = async () => {
    const numbers = Array.from({ length: 200 }, (_, n) => n);
    const results = view.computeMap(numbers, (n) => {
      while (n === 150 && !isCancelled());
      return n;
    });
    for await (const n of results) seen.push(n);
  };
  await assert.rejects(reading(), { name: "TimeoutError", limitMs: 500 });
  assert.deepEqual(seen, Array.from({ length: 150 }, (_, n) => n));
});
