import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

test("A module that builds a runtime at its top level is told so when a worker imports it", async () => {
  const end = await runProgram("unguarded.ts");
  assert.match(
    end.stdout,
    /build only on the main thread: if \(import\.meta\.main\)/,
  );
  assert.equal(end.code, 0, end.stderr);
});

test(
  "A function too large for the task table is an error, and later functions run",
  async () => {
    await using runtime = await unpinned(1).build();
    const large = new Function("n", `return n; /* ${"x".repeat(9e6)} */`);
    await assert.rejects(
      runtime.spawnCompute(large as (n: number) => number, 1),
      { name: "InvalidTaskError" },
    );
    assert.equal(await runtime.spawnCompute((n: number) => n + 1, 1), 2);
  },
);
