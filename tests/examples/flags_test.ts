import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { BENCHMARKS } from "../../bench/benchmarks.ts";
import { runProgram } from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

// A value that no runtime accepts shows that the flag has reached it.
const FLAG = "--loom-compute-threads=none";
const REFUSAL = /Cannot read flags: --loom-compute-threads/;

/** No program of loom, and one whose runtimes do the same whatever the command line says. */
const WITHOUT_FLAGS = ["positive_integer.ts", "inline.ts"];

test("Every example takes the flags of loom", async () => {
  const examples = readdirSync(`${ROOT}/examples`).filter((name) =>
    name.endsWith(".ts") && !WITHOUT_FLAGS.includes(name)
  );
  for (const example of examples) {
    const { stdout, stderr } = await runProgram(
      `../../../examples/${example}`,
      [FLAG],
    );
    assert.match(stdout + stderr, REFUSAL, example);
  }
});

test("Every benchmark takes the flags of loom", async () => {
  for (const benchmark of BENCHMARKS) {
    const { stdout, stderr } = await runProgram(
      `../../../bench/${benchmark}.ts`,
      ["--contender", "loom", "--ms", "1", FLAG],
    );
    assert.match(stdout + stderr, REFUSAL, benchmark);
  }
});

test("The program that runs benchmarks passes the flags of loom on", async () => {
  const { stdout } = await runProgram("../../../bench/run.ts", [
    "latency",
    ...["--only", "loom", "--rounds", "1", "--ms", "1", FLAG],
  ]);
  assert.match(stdout, REFUSAL);
});
