import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("The GPU example prepares its batches without a GPU", async () => {
  const { code, stdout, stderr } = await runProgram(
    "../../../examples/gpu_local.ts",
    ["999"], // no machine has so many
  );
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^Cannot use cuda_device 999: Cannot .*\nContinuing/);
  assert.match(stdout, /^prepared 4 batches, 4096 values$/m);
});
