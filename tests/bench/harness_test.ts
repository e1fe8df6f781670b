/**
 * The results of a benchmark, and the statistics of its rounds.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { loadBenchmark } from "../../bench/benchmarks.ts";
import { keepResult, readResults } from "../../bench/harness/kept_results.ts";
import { type Result, summarize } from "../../bench/harness/result.ts";
import { median, spread } from "../../bench/harness/statistics.ts";
import { HERE, runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";
import { resultOf } from "./results.ts";

test("median() is the middle of an odd count, the mean of two of an even one", () => {
  assert.equal(median([10, 9, 100]), 10);
  assert.equal(median([100, 2, 10, 4]), 7);
});

test("spread() sorts numbers as numbers and leaves them as they were", () => {
  const values = [10, 9, 100];
  assert.deepEqual(spread(values), { min: 9, median: 10, max: 100 });
  assert.deepEqual(values, [10, 9, 100]);
});

test("A figure that fails removes no other figure, a contender no other contender", async () => {
  const { contenders, failures, command } = await measure([
    ...["--rounds", "2", "--ms", "3"],
  ]);
  const medians = Object.entries(contenders).map(([name, figures]) => [
    name,
    Object.entries(figures).map(([key, { median }]) => [key, median]),
  ]);
  assert.deepEqual(medians, [
    ["loom", [["time", 3]]],
    ["failing in one figure", [["time", 1], ["last", 2]]],
    ["ending in one figure", [["time", 1], ["last", 2]]],
  ]);
  const prefix = `does not run on ${HERE}:`;
  const ended = failures.at(-1);
  assert.deepEqual(failures.slice(0, -1), [
    { contender: "failing", reason: `${prefix} TypeError: no such pool` },
    { contender: "ending", reason: `${prefix} ended before it was measured` },
    {
      contender: "failing in one figure",
      figure: "later",
      reason: "Error: big",
    },
  ]);
  assert.deepEqual(
    [ended?.contender, ended?.figure],
    ["ending in one figure", "later"],
  );
  assert.match(command, /bench example --rounds 2 --ms 3$/);
});

test("A contender that is missing is left out of the result", async () => {
  const { contenders, failures } = await measure([
    ...["--rounds", "1", "--only", "loom,missing"],
  ]);
  assert.deepEqual(Object.keys(contenders), ["loom"]);
  assert.deepEqual(failures, []);
});

test("--only measures those contenders alone and refuses an unknown one", async () => {
  const { contenders } = await measure([
    ...["--rounds", "1", "--only", "failing in one figure,loom"],
  ]);
  assert.deepEqual(Object.keys(contenders), ["loom", "failing in one figure"]);
  const end = await runProgram("benchmark.ts", ["--only", "other"]);
  assert.equal(end.code, 1);
  assert.match(
    end.stderr,
    /No such contender: other\. There are: loom, missing/,
  );
});

test("summarize() gives each median as a multiple of loom's", () => {
  const { loom, other } = summarize({
    loom: { time: [2, 1, 3], idle: [0] },
    other: { time: [10], idle: [5] },
    none: {},
  });
  assert.deepEqual(loom.time, { min: 1, median: 2, max: 3, timesLoom: 1 });
  assert.equal(other.time.timesLoom, 5);
  assert.deepEqual(other.idle, { min: 5, median: 5, max: 5 });
});

test("keepResult() replaces the result of one benchmark and keeps the others", async () => {
  const folder = mkdtempSync(join(tmpdir(), "loom_results_"));
  const url = pathToFileURL(`${folder}/`);
  try {
    keepResult(resultOf("payload", { loom: { number: [1] } }), url);
    keepResult(resultOf("latency", { loom: { p50: [7] } }), url);
    keepResult(resultOf("latency", { loom: { p50: [2] } }), url);
    keepResult(resultOf("latency", { loom: { p50: [3] } }, "Bun"), url);
    const results = await readResults(url);
    assert.deepEqual(
      results.map(({ benchmark, environment, contenders }) => [
        benchmark,
        environment.runtime,
        contenders.loom.p50?.median,
      ]),
      [
        ["latency", "Deno", 2],
        ["latency", "Bun", 3],
        ["payload", "Deno", undefined],
      ],
    );
    assert.equal(results[0].title, (await loadBenchmark("latency")).title);
    assert.deepEqual(readdirSync(folder).sort(), ["bun.json", "deno.json"]);
  } finally {
    rmSync(folder, { recursive: true });
  }
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
