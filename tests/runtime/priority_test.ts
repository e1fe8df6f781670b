import assert from "node:assert/strict";
import type { Priority } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

/** Blocks the worker until word 0 is set. */
function block(words: Int32Array): void {
  Atomics.store(words, 1, 1);
  Atomics.wait(words, 0, 0);
}

/** Returns a number that is larger than those of the calls before it. */
function turn(words: Int32Array): number {
  return Atomics.add(words, 2, 1);
}

for (const [slots, kind] of [[1024, "in rings"], [16, "that wait for slots"]]) {
  test(`Workers take urgent calls first, ${kind}`, async () => {
    await using runtime = await unpinned(1)
      .computePoolSize(slots as number).build();
    const words = new Int32Array(new SharedArrayBuffer(12));
    const blocked = runtime.spawnCompute(block, words);
    while (Atomics.load(words, 1) === 0) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    const given: Priority[] = ["low", "normal", "high"];
    const calls = given.flatMap((priority) => {
      const view = runtime.with({ priority });
      return [1, 2, 3, 4].map(() => view.spawnCompute(turn, words));
    });
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    await blocked;
    assert.deepEqual(
      await Promise.all(calls),
      [8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3],
    );
  });
}

for (const workers of [1, 2]) {
  test(`Endless urgent calls do not starve others, ${workers} worker(s)`, async () => {
    await using runtime = await unpinned(workers).build();
    const urgent = runtime.with({ priority: "high" });
    const low = runtime.with({ priority: "low" });
    let isOver = false;
    const chain = async () => {
      while (!isOver) await urgent.spawnCompute((n: number) => n, 1);
    };
    // So many that a worker always finds an urgent call.
    const chains = Array.from({ length: 8 * workers }, chain);
    for (let n = 0; n < 10; n++) {
      assert.equal(await low.spawnCompute((n: number) => n, n), n);
      assert.equal(await runtime.spawnCompute((n: number) => n, n), n);
    }
    isOver = true;
    await Promise.all(chains);
  });
}

test("A view sends every kind of argument, and fails as the runtime does", async () => {
  await using runtime = await unpinned(1).build();
  const view = runtime.with({ priority: "low" }).with({ priority: "high" });
  const echo = (value?: unknown) => value;
  const values = [undefined, 1, true, null, "text", new Uint8Array([1, 2]), {
    a: [new Uint8Array(100_000)],
  }];
  for (const value of values) {
    assert.deepEqual(await view.spawnCompute(echo, value), value);
  }
  assert.equal(await view.spawnCompute(() => 7), 7);
  assert.equal(
    await view.spawnCompute((a: number, b: number) => a + b, 1, 2),
    3,
  );
  await assert.rejects(
    view.spawnCompute(echo, () => {}),
    { name: "DataCloneError" },
  );
  await assert.rejects(
    view.spawnCompute(() => {
      throw new RangeError("too far");
    }),
    { name: "RangeError", message: "too far" },
  );
});
