import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("Both floors give the right results", async () => {
  const end = await runProgram("floor_results.ts", []);
  assert.equal(end.stdout, "right\n", end.stderr);
});
