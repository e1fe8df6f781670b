import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("The GPU example prepares its batches, with a GPU or without one", async () => {
  const { code, stdout, stderr } = await runProgram(
    "../../../examples/gpu_local.ts",
    ["999"], // no machine has so many
  );
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^Cannot use cuda_device 999: Cannot .*\nGoing on/);
  assert.match(stdout, /^prepared 4 batches, 4096 values$/m);
});
