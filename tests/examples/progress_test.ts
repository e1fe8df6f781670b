import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("The progress of a call is shown in order, up to its end", async () => {
  const { code, stdout, stderr } = await runProgram(
    "../../../examples/progress.ts",
    ["500"],
  );
  assert.deepEqual([code, stderr], [0, ""]);
  const lines = stdout.trim().split("\n");
  assert.equal(lines.pop(), "3.1415926535… (500 digits)");
  const shown = lines.map((line) => parseInt(line));
  assert.deepEqual(shown, shown.toSorted((a, b) => a - b));
  assert.equal(shown.at(-1), 100);
});
