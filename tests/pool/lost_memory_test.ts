import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { STRESS } from "../support/stress.ts";
import { stressTest } from "../support/test.ts";

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
