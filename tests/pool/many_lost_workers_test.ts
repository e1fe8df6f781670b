import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { unpinned } from "../support/runtime.ts";
import { sized, STRESS } from "../support/stress.ts";
import { stressTest } from "../support/test.ts";

/** Of three threads: from 85 on, the last worker has a serial number above 256. */
const LOST = sized(6, 90);

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

// It takes half a minute, so it is for stress runs only.
const stressOnly = STRESS ? stressTest : () => {};

stressOnly(
  "Shared arrays that a lost worker has not received are freed",
  async () => {
    // In a process of its own, whose memory nothing else changes.
    const end = await runProgram("loses_workers.ts");
    assert.equal(end.code, 0, end.stderr);
    const { share } = JSON.parse(end.stdout);
    assert.ok(share < 0.5, `${share} of each array stays`);
  },
);
