/**
 * How programs with a runtime end, each in a process of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("After shutdown no thread is left and the process ends by itself", async () => {
  const end = await runProgram("shuts_down.ts");
  assert.deepEqual([end.code, end.signal], [0, null], end.stderr);
  assert.deepEqual(JSON.parse(end.stdout), { during: 3, after: [] });
});

test("A program that forgets to shut down ends when its work is done", async () => {
  const end = await runProgram("forgets_to_shut_down.ts");
  assert.deepEqual([end.code, end.signal], [0, null], end.stderr);
  assert.equal(end.stdout, "42\n");
});

test("A call in flight keeps the process alive until it is settled", async () => {
  const end = await runProgram("awaits_slow_calls.ts");
  assert.deepEqual([end.code, end.signal], [0, null], end.stderr);
  assert.deepEqual(end.stdout.trim().split("\n"), [
    "blocked",
    "suspended",
    "blocked",
    "WorkerLostError",
    "blocked",
  ]);
});

test("The unhandled rejection of a call ends the process with its error", async () => {
  const end = await runProgram("ignores_a_failure.ts");
  assert.equal(end.signal, null);
  assert.equal(end.code, 1);
  assert.match(end.stderr, /RangeError: nobody handles this/);
});
