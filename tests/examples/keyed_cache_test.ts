import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("The example of a cache has more hits with keys, and the same answers", async () => {
  const { code, stdout, stderr } = await runProgram(
    "../../../examples/keyed_cache.ts",
    ["--no-loom-pin-threads"],
  );
  assert.deepEqual([code, stderr], [0, ""]);
  const [, anywhere, byKey] = /any worker: (\d+) %[^]*by key: (\d+) %/
    .exec(stdout)!.map(Number);
  // Each sensor is loaded once.
  assert.equal(byKey, 98);
  assert.ok(anywhere < 80, stdout);
  assert.match(stdout, /^The answers are the same$/m);
});
