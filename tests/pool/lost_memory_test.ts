import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("Shared arrays that a lost worker has not received are freed", async () => {
  // In a process of its own, whose memory nothing else changes.
  const end = await runProgram("loses_workers.ts");
  assert.equal(end.code, 0, end.stderr);
  const { share } = JSON.parse(end.stdout);
  assert.ok(share < 0.5, `${share} of each array stays`);
});
