/**
 * Runs the same test files on Deno and on Bun. The last line sums both up:
 * `N passed, N failed`, with `, N skipped` behind it when a test was skipped.
 *
 *     deno run -A tests/run.ts [--stress] [--on Deno|Bun] [file or folder ...]
 *     bun tests/run.ts [--stress] [--on Deno|Bun] [file or folder ...]
 *
 * `--stress` runs the tests that have a stress size, in that size. There is no limit for
 * all tests together. `LOOM_TEST_LIMIT_MS` is how long a test may take before it counts
 * as hung; a machine that is slower than the reference gives it more.
 *
 * @module
 */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { ROOT, type RuntimeName } from "./support/runtimes.ts";
import { measureSlowdown } from "./support/slowdown.ts";
import { runSuite } from "./support/suite.ts";

const RUNTIMES: readonly RuntimeName[] = ["Deno", "Bun"];

const { values: { stress, on }, positionals } = parseArgs({
  options: {
    stress: { type: "boolean", default: false },
    on: { type: "string" },
  },
  allowPositionals: true,
});
const runtimes = RUNTIMES.filter((name) => on === undefined || name === on);
if (runtimes.length === 0) {
  throw new Error(`Cannot run tests on ${on}: --on takes Deno or Bun`);
}
const found = findTests(positionals);
const files = stress ? found.filter(hasStressTest) : found;
if (files.length === 0) throw new Error("Cannot run tests: no file has one");

const notes: string[] = [];
let passed = 0;
let failed = 0;
let skipped = 0;
for (const runtime of runtimes) {
  const slowdown = await measureSlowdown(runtime);
  console.log(
    `\n=== Tests on ${runtime}, limits times ${slowdown.toFixed(1)} ===`,
  );
  const begin = performance.now();
  const report = await runSuite(runtime, files, { stress, slowdown });
  const seconds = Math.round((performance.now() - begin) / 1_000);
  passed += report.passed;
  failed += report.failed;
  skipped += report.skipped.length;
  for (const title of report.skipped) {
    notes.push(`${runtime}: Test skipped: ${title}`);
  }
  for (const fault of report.faults) notes.push(`${runtime}: ${fault}`);
  notes.push(
    `${runtime}: ${report.passed} passed, ${report.failed} failed in ${seconds} s`,
  );
}
console.log(["", ...notes].join("\n"));
console.log(
  `${passed} passed, ${failed} failed${
    skipped > 0 ? `, ${skipped} skipped` : ""
  }`,
);
process.exitCode = failed > 0 ? 1 : 0;

/** Every `*_test.ts` below the given paths, or below `tests/` when none is given. */
function findTests(paths: readonly string[]): string[] {
  const starts = paths.length > 0
    ? paths.map((path) => resolve(path))
    : [join(ROOT, "tests")];
  return starts.flatMap((start) => {
    if (statSync(start).isFile()) return [start];
    const names = readdirSync(start, { recursive: true, encoding: "utf8" });
    return names.filter((name) => name.endsWith("_test.ts")).sort().map((
      name,
    ) => join(start, name));
  });
}

function hasStressTest(path: string): boolean {
  return readFileSync(path, "utf8").includes("stressTest(");
}
