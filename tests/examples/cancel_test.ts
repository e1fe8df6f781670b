import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("The work of a client that has left stops", async () => {
  const { code, stdout, stderr } = await runProgram(
    "../../../examples/cancel.ts",
    ["--no-loom-pin-threads", "--loom-compute-threads=1"],
  );
  assert.deepEqual([code, stderr], [0, ""]);
  const [count, waits, left, , isOver, ...rest] = stdout.trimEnd().split("\n");
  assert.equal(count, "Primes below 1000: 168");
  assert.equal(left, "No answer to /1000000000: the client has left");
  assert.deepEqual(rest, []);
  const msOf = (line: string) => Number(/: (\d+) of 500 ms$/.exec(line)?.[1]);
  assert.match(waits, /^CPU time while the client waits: /);
  assert.match(isOver, /^CPU time after it has left: /);
  assert.ok(msOf(isOver) < msOf(waits) / 2, `${waits}\n${isOver}`);
});
