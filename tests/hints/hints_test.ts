import assert from "node:assert/strict";
import { GrowingQueue } from "../../lib/hints/growing_queue.ts";
import { LongRuns } from "../../lib/hints/long_runs.ts";
import { RepeatedValues } from "../../lib/hints/repeated_values.ts";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

/** What the hint at each mistake says. The program makes each mistake at least twice. */
const HINTS: Readonly<Record<string, readonly RegExp[]>> = {
  main: [
    /^loom: block has kept the event loop of the main thread busy for \d+ ms without a pause\. .*spawnCompute\(\)/,
  ],
  worker: [/^loom: blockLoop has kept the event loop of a worker busy for /],
  value: [
    /^loom: The same Float64Array of 2\.0 MiB was copied for 20 calls of \(table, n\).*shared\(array\)/,
    /^loom: The same Object of 1\.0 MiB was copied for 20 calls of .*sharedValue\(value\)/,
  ],
  queue: [
    /^loom: \d+ calls wait, and there are more every moment: .*\d+ × .*release.*maxQueuedCalls/,
  ],
  exit: [
    /^loom: process\.exit\(\) ends the process before 1 call has settled \(1 × block\)\. .*blockUntilIdle/,
  ],
  none: [],
};

for (const [mistake, hints] of Object.entries(HINTS)) {
  test(`A program gets the hint at a mistake once, or none: ${mistake}`, async () => {
    const { code, stderr } = await runProgram("makes_mistakes.ts", [mistake]);
    assert.equal(code, 0, stderr);
    const lines = stderr.split("\n").filter((line) => line.startsWith("loom:"));
    assert.equal(lines.length, hints.length, stderr);
    for (const [i, hint] of hints.entries()) assert.match(lines[i], hint);
    for (const line of lines) assert.match(line, /hints = false/);
    if (mistake === "value") {
      assert.match(stderr, /\n\s+at .*makes_mistakes\.ts:\d+:\d+/);
    }
  });

  test(`The setting hints = false turns the hint off: ${mistake}`, async () => {
    const { code, stderr } = await runProgram("makes_mistakes.ts", [
      mistake,
      "--loom-hints=false",
    ]);
    assert.deepEqual([code, stderr], [0, ""]);
  });
}

test("GrowingQueue wants growth at many looks, busy workers, and a size that matters", () => {
  const lengths = Array.from({ length: 11 }, (_, i) => 1000 + 200 * i);
  const looks = (found: readonly number[], areAllBusy = true) => {
    const queue = new GrowingQueue();
    return found.map((length) => queue.look(length, () => areAllBusy))
      .lastIndexOf(true);
  };
  assert.equal(looks(lengths), 10);
  // Between two looks, nothing may happen.
  assert.equal(looks(lengths.flatMap((length) => [length, length])), 20);
  assert.equal(looks(lengths, false), -1);
  assert.equal(looks(lengths.with(5, 1)), -1);
  assert.equal(looks(lengths.map((length) => length / 10)), -1);
  assert.equal(looks(lengths.map((length) => length + 10_000)), -1);
});

test("LongRuns reports a very long run, or several long ones of a function", () => {
  const runs = new LongRuns<string>();
  const note = (name: string, ms: number) => runs.note(() => name, ms);
  assert.equal(note("a", 1000), 1);
  const counts = Array.from({ length: 6 }, () => note("b", 150));
  assert.deepEqual(counts.map((count) => count !== undefined), [
    ...[false, false, false, false],
    true,
    false,
  ]);
  for (let i = 0; i < 9; i++) assert.equal(note("c", 99), undefined);
});

test("RepeatedValues counts memory that is large itself, and an object that is alone", () => {
  const values = new RepeatedValues();
  const small = new Uint8Array(1000);
  const shared = new Uint8Array(new SharedArrayBuffer(1 << 20));
  const object = {};
  for (let i = 0; i < 30; i++) {
    const large = new Uint8Array(1 << 20);
    assert.equal(
      values.note([small, shared, large, object], 1 << 21),
      undefined,
    );
  }
  const counts = Array.from(
    { length: 20 },
    () => values.note([1, object], 5e6),
  );
  assert.deepEqual(counts.at(-1), { kind: "Object", count: 20, bytes: 5e6 });
  assert.deepEqual(counts.filter((found) => found !== undefined).length, 1);
});
