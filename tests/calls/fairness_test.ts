import assert from "node:assert/strict";
import { spawnCompute } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

for (const workers of [1, 2]) {
  test(`Endless chains of nested calls do not starve the main thread's calls, ${workers} worker(s)`, async () => {
    await using runtime = await unpinned(workers).build();
    const flag = new Int32Array(new SharedArrayBuffer(8));
    const chain = async (flag: Int32Array) => {
      Atomics.add(flag, 1, 1);
      let n = 0;
      while (Atomics.load(flag, 0) === 0) {
        n = await spawnCompute((n: number) => n + 1, n);
      }
    };
    const chains = Array.from(
      { length: 2 * workers },
      () => runtime.spawnCompute(chain, flag),
    );
    while (Atomics.load(flag, 1) < chains.length) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    for (let n = 0; n < 20; n++) {
      assert.equal(await runtime.spawnCompute((n: number) => n, n), n);
    }
    Atomics.store(flag, 0, 1);
    await Promise.all(chains);
  });
}
