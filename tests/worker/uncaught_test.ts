import assert from "node:assert/strict";
import { Functions } from "../../lib/tasks/functions.ts";
import { TaskTable } from "../../lib/tasks/task_table.ts";
import { HERE, type ProgramEnd, runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

const rejections = ["rejection", "asyncFunction"];
const exceptions = [
  "timeout",
  "interval",
  "immediate",
  "microtask",
  "nextTick",
  "emitter",
];
const ways = [...rejections, ...exceptions];
// Bun does not say which call a rejected promise belongs to, only which task.
const waysAmongEquals = HERE === "Bun" ? exceptions : ways;

let program: Promise<ProgramEnd> | undefined;

/** What the program prints of a scenario, and its stderr. It runs all of them once. */
async function outcomeOf(scenario: string) {
  program ??= runProgram("uncaught_errors.ts", [
    ...ways.map((way) => `${way}-alone`),
    ...waysAmongEquals.map((way) => `${way}-among-equals`),
    ...["settled", "once", "inner"],
    // The last one, because it ends the worker.
    "unknown",
  ]);
  const { code, stdout, stderr } = await program;
  const lines = stdout.split("\n").filter((line) => line !== "");
  const outcomes = new Map<string, unknown>(
    lines.map((line) => JSON.parse(line)),
  );
  assert.ok(outcomes.has(scenario), `${scenario} did not end: ${stderr}`);
  assert.equal(code, 0, stderr);
  return { value: outcomes.get(scenario), stderr };
}

for (const way of ways) {
  test(`An uncaught error (${way}) rejects its call, and the worker stays`, async () => {
    const { value } = await outcomeOf(`${way}-alone`);
    assert.deepEqual(value, {
      error: "RangeError: lost",
      numbers: [0, 1, 2, 3],
      sameWorker: true,
      equalsSettled: 0,
    });
  });
}

for (const way of waysAmongEquals) {
  test(`An uncaught error (${way}) rejects one of several calls of a task`, async () => {
    const { value } = await outcomeOf(`${way}-among-equals`);
    assert.deepEqual(value, {
      error: "RangeError: lost",
      numbers: [0, 1, 2, 3],
      sameWorker: true,
      equalsSettled: 0,
    });
  });
}

test("An uncaught error of a call that has returned is printed once", async () => {
  const { value, stderr } = await outcomeOf("settled");
  assert.deepEqual(value, ["returned", [0, 1]]);
  const warnings = stderr.match(/loom: Cannot report uncaught error.*/g);
  assert.equal(warnings?.length, 1, stderr);
  assert.match(warnings[0], /the call of forgetful/);
  assert.match(stderr, /RangeError: too late\n.*loom-task/);
});

test("A call that an uncaught error has rejected is settled only once", async () => {
  const { value } = await outcomeOf("once");
  assert.deepEqual(value, { wrong: 0, inFlight: { compute: 0, async: 0 } });
});

test("An uncaught error of an unknown call ends the worker while calls are unfinished", async () => {
  const { value } = await outcomeOf("unknown");
  assert.deepEqual(value, ["WorkerLostError", "WorkerLostError"]);
});

test("An uncaught error of an inner call rejects the outer call", async () => {
  const { value } = await outcomeOf("inner");
  assert.deepEqual(value, ["RangeError: inner", 0]);
});

test("A function that cannot start anything is plain", () => {
  const table = TaskTable.create();
  const functions = new Functions(table, { globals: {} });
  const isPlain = (source: string) => {
    const task = table.add({ kind: "source", source });
    functions.load(task);
    return functions.plain(task) !== undefined;
  };
  assert.ok(isPlain("((n) => n + 1\n)"));
  assert.ok(isPlain("((xs) => xs.map((x) => Math.sqrt(x)).sort()\n)"));
  assert.ok(isPlain("(async (n) => await n\n)"));
  assert.ok(!isPlain("(async () => { (async () => {})() }\n)"));
  assert.ok(!isPlain("((n) => setTimeout(() => {}, n)\n)"));
  assert.ok(!isPlain("((n) => { $.then(n) }\n)"));
});
