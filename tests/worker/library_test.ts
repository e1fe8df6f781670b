import assert from "node:assert/strict";
import { mayUseLibrary } from "../../lib/tasks/injected_names.ts";
import { spawnCompute } from "../../mod.ts";
import { leave } from "../fixtures/tasks/nested.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

/** How many runtimes the thread that it runs on has. */
function countRuntimes(): number {
  const symbols = Object.getOwnPropertySymbols(globalThis);
  const name = /^@loom\/runtime\/.*\/current$/;
  const key = symbols.find(({ description = "" }) => name.test(description));
  const state = globalThis as unknown as Record<symbol, { running: unknown[] }>;
  return state[key!].running.length;
}

test("A worker makes its runtime for the first task that may use it", async () => {
  await using runtime = await unpinned(1).build();
  assert.equal(await runtime.spawnCompute(countRuntimes), 0);
  const asks = (n: number) => spawnCompute((n: number) => n + 1, n);
  const calls = [1, 2, 3].map((n) => runtime.spawnCompute(asks, n));
  assert.deepEqual(await Promise.all(calls), [2, 3, 4]);
  assert.equal(await runtime.spawnCompute(countRuntimes), 1);
});

test("A first call is answered before its worker takes what that call has left", async () => {
  function leaveHere(word: Int32Array): string {
    void spawnCompute((word: Int32Array) => {
      Atomics.wait(word, 0, 0);
    }, word);
    return "left";
  }
  for (const fn of [leave, leaveHere]) {
    // Of its own: each loads the library, and the module.
    await using runtime = await unpinned(1).build();
    const word = new Int32Array(new SharedArrayBuffer(4));
    assert.equal(await runtime.spawnCompute(fn, word), "left");
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
  }
});

test("A function may use the library if it names something of it, or may import it", () => {
  const uses = (source: string) => mayUseLibrary({ kind: "source", source });
  for (
    const source of [
      "(() => parIter([1]).sum())",
      "((list) => join([f, 1], [...join(a, b)]))",
      "((x) => [...shared(x)])",
      "((url) => import(url))",
      "((text) => eval(text))",
      String.raw`(() => \u0070arIter([1]))`,
    ]
  ) assert.ok(uses(source), source);
  for (
    const source of [
      "((list) => list.join().length)",
      "((parIters, $task) => parIters + $task)",
      "(async (url) => (await fetch(url)).status)",
    ]
  ) assert.ok(!uses(source), source);
});
