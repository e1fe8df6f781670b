/**
 * How programs with a runtime end, each in a process of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

/** Each takes a second or two; one that hangs is killed. */
const LIMIT = { limitMs: 20_000 };

test("After shutdown no thread is left and the process ends by itself", async () => {
  const end = await runProgram("shuts_down.ts", [], LIMIT);
  assert.deepEqual([end.code, end.signal], [0, null], end.stderr);
  assert.deepEqual(JSON.parse(end.stdout), { during: 3, after: [] });
});

test("A program that forgets to shut down ends when its work is done", async () => {
  const end = await runProgram("forgets_to_shut_down.ts", [], LIMIT);
  assert.deepEqual([end.code, end.signal], [0, null], end.stderr);
  assert.equal(end.stdout, "42\n");
});

test("A call in flight keeps the process alive until it is settled", async () => {
  const end = await runProgram("awaits_slow_calls.ts", [], LIMIT);
  assert.deepEqual([end.code, end.signal], [0, null], end.stderr);
  assert.equal(end.stdout, "blocked\nsuspended\nblocked\n");
});

test("The unhandled rejection of a call ends the process with its error", async () => {
  const end = await runProgram("ignores_a_failure.ts", [], LIMIT);
  assert.equal(end.signal, null);
  assert.equal(end.code, 1);
  assert.match(end.stderr, /RangeError: nobody handles this/);
});

test("A runtime left alone uses next to no CPU", async () => {
  // The one test that waits on a clock: nothing happens is what it is about.
  const idleMs = Number(process.env.LOOM_TEST_IDLE_MS ?? 3_000);
  const end = await runProgram("idles.ts", [String(idleMs)], {
    limitMs: idleMs + 20_000,
  });
  assert.equal(end.code, 0, end.stderr);
  const { cpuMs } = JSON.parse(end.stdout);
  const limitMs = idleMs * 50 / 10_000;
  assert.ok(cpuMs < limitMs, `${cpuMs} ms of CPU in ${idleMs} ms`);
});
