import assert from "node:assert/strict";
import { MAX_TASKS, TaskTable } from "../../lib/tasks/task_table.ts";
import { InvalidTaskError } from "../../lib/errors.ts";
import { LoopCompiler } from "../../lib/jobs/loop_compiler.ts";
import { Functions } from "../../lib/tasks/functions.ts";
import { TaskNumbers } from "../../lib/tasks/numbers.ts";
import { test } from "../support/test.ts";

test("TaskTable.read() returns what was added", () => {
  const table = TaskTable.create();
  const url = "file:///tasks.ts";
  const records = [
    { kind: "source", source: "((é) => é\n)".padEnd(10_000) },
    { kind: "module", url, name: "f", hasNamesakes: false },
    { kind: "module", url, name: "f", mark: "x.0", hasNamesakes: true },
  ] as const;
  const numbers = records.map((record) => table.add(record));
  assert.deepEqual(numbers, [1, 2, 3]);
  assert.deepEqual(numbers.map((number) => table.read(number)), records);
});

test("In a full table, known functions and new loops of them run on every thread", () => {
  const table = TaskTable.create();
  const numbers = new TaskNumbers(table);
  const known = (n: number) => n + 1;
  const number = numbers.of(known);
  let count = 1;
  const fill = () => table.add({ kind: "source", source: `(${count++})` });
  assert.throws(() => {
    while (true) fill();
  }, InvalidTaskError);
  assert.ok(count > MAX_TASKS * 0.9, `${count} functions`);

  assert.throws(() => numbers.of((n: number) => n + 2), (error) => {
    assert.ok(error instanceof InvalidTaskError);
    assert.match(error.message, /^Cannot send function: its text has \d+ char/);
    assert.match(error.message, /at most 64511 .*keeps them until it ends/);
    assert.match(
      error.message,
      /Pass values as arguments .*module tasks: task\(/,
    );
    return true;
  });
  assert.equal(numbers.of(known), number);
  assert.equal(
    numbers.of((n: number) => n + 1),
    number,
    "a closure of that text",
  );
  assert.equal(new TaskNumbers(table).of(known), number, "on another thread");

  const functions = new Functions(table, { globals: {} });
  const compiler = new LoopCompiler(numbers, functions);
  const loop = (text: string) =>
    compiler.compileNow(compiler.register(
      { functions: [known], length: 1 },
      { text, stopsAtResult: false },
      [],
    )).run([], 0, 1);
  for (let i = 0; i < 100; i++) {
    assert.equal(loop(`((fn) => () => fn(${i})\n)`), i + 1);
  }
});

test("A text for which there is no room takes nothing of the table", () => {
  const table = TaskTable.create();
  const large = { kind: "source", source: "x".repeat(5_000_000) } as const;
  assert.equal(table.add(large), 1);
  assert.throws(() => table.add({ ...large, source: `${large.source}y` }), {
    name: "InvalidTaskError",
    message: /the runtime knows 1 functions with 5000001 characters/,
  });
  assert.equal(table.add({ kind: "source", source: "(1)" }), 2);
});
