import assert from "node:assert/strict";
import type { AsyncLocalStorage } from "node:async_hooks";
import { spawnCompute } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

type Global = { storage?: AsyncLocalStorage<string> };

test("The async context of a task does not reach the tasks after it", async () => {
  await using runtime = await unpinned(1).build();
  await runtime.spawnCompute(async () => {
    const { AsyncLocalStorage } = await import("node:async_hooks");
    (globalThis as Global).storage = new AsyncLocalStorage();
  });
  let hasEnded = false;
  const first = runtime.spawnCompute(() =>
    (globalThis as Global).storage!.run("of the first", async () => {
      // Its worker sleeps in its event loop when the task makes a call.
      for (let i = 0; i < 50; i++) {
        await new Promise((resolve) => setTimeout(resolve, 2));
        await spawnCompute((n: number) => n, i);
      }
    })
  ).finally(() => hasEnded = true);
  while (!hasEnded) {
    const seen = await runtime.spawnCompute(() =>
      (globalThis as Global).storage!.getStore()
    );
    assert.equal(seen, undefined);
  }
  await first;
});
