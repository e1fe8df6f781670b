import assert from "node:assert/strict";
import { unpinned } from "../support/runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest } from "../support/test.ts";

/** Of three threads: from 85 on, the last worker has a serial number above 256. */
const LOST = sized(3, 90);

stressTest(
  `Shared memory is never mixed up after ${LOST} lost workers`,
  async () => {
    await using runtime = await unpinned(1).asyncThreads(2).build();
    const mine = new Int32Array(new SharedArrayBuffer(8)).fill(111);
    await runtime.spawnCompute((words: Int32Array) => words[0], mine);
    for (let lost = 0; lost < LOST; lost++) {
      const end = runtime.spawnCompute(() => process.exit(1));
      await assert.rejects(end, { name: "WorkerLostError" });
      if (lost % 10 !== 9 && lost < LOST - 6) continue;
      const made = await runtime.spawnCompute(
        (n: number) => new Int32Array(new SharedArrayBuffer(8)).fill(n),
        lost,
      );
      assert.deepEqual([...made], [lost, lost]);
      assert.equal(mine[0], 111);
    }
  },
);
