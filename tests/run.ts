/**
 * Runs the same test files on Deno and on Bun. The last line sums both up:
 * `N passed, N failed`, with `, N skipped` behind it when a test was skipped.
 *
 *     deno run -A tests/run.ts [file or folder ...]
 *     bun tests/run.ts [file or folder ...]
 *
 * `LOOM_TEST_LIMIT_MS` is how long one runtime may take for all its tests.
 *
 * @module
 */

import { readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { ROOT, type RuntimeName } from "./support/runtimes.ts";
import { runSuite } from "./support/suite.ts";

const RUNTIMES: readonly RuntimeName[] = ["Deno", "Bun"];
const DEFAULT_LIMIT_MS = 240_000;

const limitMs = Number(process.env.LOOM_TEST_LIMIT_MS ?? DEFAULT_LIMIT_MS);
const files = findTests(process.argv.slice(2));

const notes: string[] = [];
let passed = 0;
let failed = 0;
let skipped = 0;
for (const runtime of RUNTIMES) {
  console.log(`\n=== Tests on ${runtime} ===`);
  const report = await runSuite(runtime, files, limitMs);
  passed += report.passed;
  failed += report.failed;
  skipped += report.skipped.length;
  for (const name of report.skipped) notes.push(`${runtime} skipped: ${name}`);
  if (report.fault !== undefined) {
    notes.push(`${runtime} failed: ${report.fault}`);
  }
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
