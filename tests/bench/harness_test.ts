/**
 * What comes of a benchmark, and the statistics of its rounds.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Result } from "../../bench/harness/result.ts";
import { median, spread } from "../../bench/harness/statistics.ts";
import { HERE, runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

test("median() is the middle of an odd count, the mean of two of an even one", () => {
  assert.equal(median([10, 9, 100]), 10);
  assert.equal(median([100, 2, 10, 4]), 7);
});

test("spread() sorts numbers as numbers and leaves them as they were", () => {
  const values = [10, 9, 100];
  assert.deepEqual(spread(values), { min: 9, median: 10, max: 100 });
  assert.deepEqual(values, [10, 9, 100]);
});

test("A benchmark keeps every round, and says why a contender has none", async () => {
  const { outcomes, command } = await measure(["--rounds", "2", "--ms", "3"]);
  assert.deepEqual(outcomes, {
    loom: { rounds: { time: [3, 3] } },
    absent: { absent: "left out: not installed" },
    failing: { absent: `does not run on ${HERE}: TypeError: no such pool` },
    ending: {
      absent: `does not run on ${HERE}: ended before it was measured`,
    },
  });
  assert.match(command, /bench example --rounds 2 --ms 3$/);
});

test("--only measures those contenders alone and refuses an unknown one", async () => {
  const { outcomes } = await measure([
    "--rounds",
    "1",
    "--only",
    "absent,loom",
  ]);
  assert.deepEqual(Object.keys(outcomes), ["loom", "absent"]);
  const end = await runProgram("benchmark.ts", ["--only", "other"]);
  assert.equal(end.code, 1);
  assert.match(
    end.stderr,
    /No such contender: other\. There are: loom, absent/,
  );
});

async function measure(args: readonly string[]): Promise<Result> {
  const file = join(tmpdir(), `loom_benchmark_${process.pid}_${HERE}.json`);
  try {
    const end = await runProgram("benchmark.ts", [...args, "--json", file]);
    assert.equal(end.code, 0, end.stderr);
    return JSON.parse(readFileSync(file, "utf8"));
  } finally {
    rmSync(file, { force: true });
  }
}
