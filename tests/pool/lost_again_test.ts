import assert from "node:assert/strict";
import process from "node:process";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

test(
  "A slot whose call was lost is reused, and its next call can be lost again",
  async () => {
    await using runtime = await unpinned(1).computePoolSize(16).build();
    const same = (n: number) => n;
    for (let round = 0; round < 3; round++) {
      const killed = runtime.spawnCompute(() => process.exit(3));
      // As many as there are slots, so that one gets the slot of the lost call.
      const calls = Array.from(
        { length: 14 },
        (_, i) => runtime.spawnCompute(same, i),
      );
      await assert.rejects(killed, { name: "WorkerLostError" });
      assert.deepEqual(await Promise.all(calls), calls.map((_, i) => i));
    }
  },
);
