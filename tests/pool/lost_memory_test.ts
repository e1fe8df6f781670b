import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { sized, STRESS } from "../support/stress.ts";
import { stressTest } from "../support/test.ts";

/** Bytes that stay for each lost worker, in a process whose memory nothing else changes. */
async function measure(lostCount: number, arrayBytes: number): Promise<number> {
  const args = [String(lostCount), String(arrayBytes)];
  const end = await runProgram("loses_workers.ts", args);
  assert.equal(end.code, 0, end.stderr);
  return JSON.parse(end.stdout).bytesPerWorker;
}

stressTest("A lost worker leaves no memory behind", async () => {
  const bytes = await measure(sized(12, 200), 2 ** 12);
  assert.ok(bytes < 0.6 * 2 ** 20, `${bytes} bytes stay for each worker`);
});

// It takes half a minute, so it is for stress runs only.
const stressOnly = STRESS ? stressTest : () => {};

stressOnly(
  "Shared arrays that a lost worker has not received are freed",
  async () => {
    const share = await measure(100, 2 ** 22) / 2 ** 22;
    assert.ok(share < 0.25, `${share} of each array stays`);
  },
);
