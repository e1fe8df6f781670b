import assert from "node:assert/strict";
import process from "node:process";
import { startProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("The example serves its metrics until SIGTERM", async () => {
  const { pid, firstLine, end } = startProgram(
    "../../../examples/prometheus.ts",
    ["0"],
  );
  const response = await fetch(await firstLine);
  assert.match(response.headers.get("content-type")!, /version=0\.0\.4/);
  assert.match(await response.text(), /^loom_runs_total\{thread="demo-async-/m);
  process.kill(pid, "SIGTERM");
  assert.equal((await end).code, 0);
});
