import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("Some orders of calls lose a deposit, and one does not", async () => {
  const { code, stdout, stderr } = await runProgram(
    "../../../examples/inline.ts",
    [],
  );
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.trim().split("\n");
  assert.equal(lines.length, 10);
  assert.equal(lines[3], "seed 3: balance 1, lost!");
  assert.equal(lines[7], "seed 7: balance 3");
});
