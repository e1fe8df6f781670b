import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("The example of moved memory passes a picture without losing it", async () => {
  const { code, stdout, stderr } = await runProgram(
    "../../../examples/move.ts",
    ["--megabytes", "2"],
  );
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^2 MB through two stages\ncopied: [\d.]+ ms\nmoved: /);
  assert.match(stdout, /^The picture is complete$/m);
});
