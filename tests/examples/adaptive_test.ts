import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("The adaptive server sends slow requests to workers and ends by itself", async () => {
  const { code, stdout, stderr } = await runProgram(
    "../../../examples/adaptive.ts",
    ["--requests", "100", "--loom-pin-threads=false"],
  );
  assert.deepEqual([code, stderr], [0, ""]);
  const [, , sent] =
    /^primes: (\d+) on the server's thread, (\d+) on workers/m.exec(stdout) ??
      [];
  assert.ok(Number(sent) >= 8, stdout);
  assert.match(stdout, /^digits: \d+ on the server's thread/m);
});
