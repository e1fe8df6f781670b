import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("The quickstart prints the results of both kinds of threads and ends", async () => {
  const { code, stdout, stderr } = await runProgram(
    "../../../examples/quickstart.ts",
  );
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /^LoomRuntime myapp: 1 async.*, \d+ compute/);
  assert.match(stdout, /^Hello from a page\n499999500000$/m);
});
