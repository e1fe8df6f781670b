import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { runProgram } from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

const FILE = readFileSync(`${ROOT}/examples/loom.toml`);
const BYTE_SUM = FILE.reduce((sum, byte) => sum + byte, 0);
const SQUARES = Array.from({ length: 2_000 }, (_, n) => n * n)
  .reduce((a, b) => a + b);
const LENGTHS = "3 4 4 4 3 5 3 4";

/** The six patterns of loom-rs by name, and the outcomes of each. */
const EXPECTED: Record<string, (string | RegExp)[]> = {
  "1. Nested spawn_compute (Deadlock Risk)": [
    "works, 100 calls deep on one worker",
    "timed-out, the inner call never started",
    "work, 45 and 4950",
  ],
  "2. Blocking I/O in spawn_compute": [
    `works, but others wait: ${FILE.length} bytes read, then 144 computed`,
    `works, the bytes add up to ${BYTE_SUM}`,
  ],
  "3. spawn_compute in Tight Loops": [0, 1, 2].map(() =>
    new RegExp(`^works, ${SQUARES}, [\\d.]+ µs per item$`)
  ),
  "4. Holding Locks Across spawn_compute": [
    "timed-out, the caller waits for it, too",
    "works, 7, as it was at the call",
    "works, 6",
  ],
  "5. install() Blocks the Thread": [
    "works, 0 turns of the event loop meanwhile",
    "work, the event loop continues: true",
    "works, it continues, too: true",
  ],
  "6. Manual spawn_compute Loop on Streams": [
    `works, 1 word at a time: ${LENGTHS}`,
    // The number in flight depends on timing, but is never more than 4.
    new RegExp(`^works, up to [1-4]: ${LENGTHS}$`),
  ],
};

test("The patterns of loom-rs have the outcomes that the example describes", async () => {
  const { code, stdout, stderr } = await runProgram(
    "../../../examples/patterns.ts",
  );
  assert.deepEqual([code, stderr], [0, ""]);
  const parts = stdout.trim().split("\n\n").map((part) => part.split("\n"));
  assert.deepEqual(parts.map(([title]) => title), Object.keys(EXPECTED));
  for (const [title, ...lines] of parts) {
    const outcomes = lines.map((line) => line.slice(3 + 36 + 1));
    assert.equal(outcomes.length, EXPECTED[title].length, title);
    EXPECTED[title].forEach((expected, i) => {
      if (typeof expected === "string") assert.equal(outcomes[i], expected);
      else assert.match(outcomes[i], expected);
    });
  }
});
