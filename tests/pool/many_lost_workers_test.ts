import assert from "node:assert/strict";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

test(
  "Shared memory is never mixed up after 90 lost workers",
  async () => {
    await using runtime = await unpinned(1).asyncThreads(2).build();
    const mine = new Int32Array(new SharedArrayBuffer(8)).fill(111);
    await runtime.spawnCompute((words: Int32Array) => words[0], mine);
    // Of three threads: the last worker has a serial number above 256.
    for (let lost = 0; lost < 90; lost++) {
      const end = runtime.spawnCompute(() => process.exit(1));
      await assert.rejects(end, { name: "WorkerLostError" });
      if (lost % 10 !== 9 && lost < 84) continue;
      const made = await runtime.spawnCompute(
        (n: number) => new Int32Array(new SharedArrayBuffer(8)).fill(n),
        lost,
      );
      assert.deepEqual([...made], [lost, lost]);
      assert.equal(mine[0], 111);
    }
  },
  { timeoutMs: 120_000 },
);
