import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

// The README tells users to let workers fill the arrays that they will use.
test("a SharedArrayBuffer has no pages before it is written to", async () => {
  const { code, stdout, stderr } = await runProgram("first_touch.ts");
  assert.equal(code, 0, stderr);
  const { made, written } = JSON.parse(stdout);
  assert.ok(made < 32, `${made} MiB`);
  assert.ok(written > 224, `${written} MiB`);
});
