import assert from "node:assert/strict";
import {
  isCancelled,
  type LoomRuntime,
  parRange,
  scopeCompute,
} from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const enough = new Error("enough");
const sharedRuntime = runtimeOfFile((workers) =>
  // A worker that does not stop by itself is never ended.
  unpinned(workers).cancelGraceMs(86_400_000)
);

function newWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(16));
}

async function until(words: Int32Array, word: number): Promise<void> {
  while (Atomics.load(words, word) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function idle(runtime: LoomRuntime): Promise<void> {
  while (runtime.inFlight.compute !== 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

for (const workers of [1, 3]) {
  test(`Cancelling a loop ends its leaves, on ${workers} worker(s)`, async () => {
    await using runtime = await sharedRuntime(workers);
    const words = newWords();
    const abort = new AbortController();
    const view = runtime.with({ signal: abort.signal, priority: "high" });
    const sum = view.install(async () => {
      await null;
      return await parRange(0, 10_000).map((n, words) => {
        Atomics.store(words, 0, 1);
        while (!isCancelled());
        Atomics.add(words, 1, 1);
        return n;
      }, words).sumAsync();
    });
    await until(words, 0);
    abort.abort(enough);
    await assert.rejects(sum, (error) => error === enough);
    assert.equal(await runtime.spawnCompute((n: number) => n, 1), 1);
    await idle(runtime);
    // Some leaves of each helper's first share, not all of them.
    assert.ok(words[1] < 5_000, `${words[1]} items ran`);
    // The memory of the loop can be used again.
    const again = await runtime.install(() => parRange(0, 1000).sumAsync());
    assert.equal(again, 499_500);
  });
}

test("A short loop of a cancelled call does not run", async () => {
  await using runtime = await sharedRuntime(1);
  const words = newWords();
  const abort = new AbortController();
  const call = runtime.with({ signal: abort.signal })
    .spawnCompute((words: Int32Array) => {
      const loop = () => parRange(0, 10).map((n) => n + 1).sum();
      // Now it is known to be short.
      for (let i = 0; i < 100; i++) loop();
      Atomics.store(words, 0, 1);
      while (!isCancelled());
      try {
        loop();
        Atomics.store(words, 1, 1);
      } catch (error) {
        Atomics.store(words, 1, (error as Error).name === "AbortError" ? 2 : 3);
      }
    }, words);
  await until(words, 0);
  abort.abort(enough);
  await assert.rejects(call, (error) => error === enough);
  await until(words, 1);
  assert.equal(words[1], 2);
});

test("A loop that is not begun within queueTimeoutMs does not run", async () => {
  await using runtime = await sharedRuntime(1);
  const words = newWords();
  const blocked = runtime.spawnCompute((words: Int32Array) => {
    Atomics.store(words, 0, 1);
    Atomics.wait(words, 1, 0);
  }, words);
  await until(words, 0);
  const loop = runtime.with({ queueTimeoutMs: 5 }).install(() =>
    parRange(0, 100).forEachAsync(
      (_n, words) => void Atomics.add(words, 2, 1),
      words,
    )
  );
  await assert.rejects(loop, { name: "TimeoutError", limit: "queueTimeoutMs" });
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  await blocked;
  assert.equal(await runtime.spawnCompute((n: number) => n, 1), 1);
  assert.equal(words[2], 0);
});

test("The worker of a leaf that goes on is ended", async () => {
  await using runtime = await unpinned(2).build();
  const view = runtime.with({ timeoutMs: 5, graceMs: 5 });
  const loop = view.install(() =>
    parRange(0, 100).forEachAsync((n) => {
      if (n === 50) { for (;;); }
    })
  );
  await assert.rejects(loop, { name: "TimeoutError", limit: "timeoutMs" });
  await idle(runtime);
  const sum = await runtime.install(() => parRange(0, 1000).sumAsync());
  assert.equal(sum, 499_500);
});

test("Cancelling a scope cancels its calls; it ends when they have ended", async () => {
  await using runtime = await sharedRuntime(2);
  const words = newWords();
  const abort = new AbortController();
  const work = (words: Int32Array) => {
    Atomics.add(words, 0, 1);
    while (!isCancelled());
    // It takes some time to stop.
    for (let n = 0; n < 1e6; n++) Atomics.load(words, 3);
    Atomics.add(words, 1, 1);
  };
  const scope = runtime.install(() =>
    scopeCompute((s) => {
      for (let n = 0; n < 20; n++) s.spawn(work, words);
    }, { signal: abort.signal })
  );
  await until(words, 0);
  abort.abort(enough);
  await assert.rejects(scope, (error) => error === enough);
  assert.equal(words[1], words[0], "a call outlived its scope");
  // A worker may begin one that the main thread was about to cancel.
  assert.ok(words[0] < 20, `${words[0]} calls began`);
});
