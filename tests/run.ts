/**
 * Runs the same test files on Deno and on Bun, at the same time if there is more than one
 * CPU; the output of one process follows that of another. The last line sums all up:
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

import {
  closeSync,
  createReadStream,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { ROOT, type RuntimeName } from "./support/runtimes.ts";
import { measureSlowdown } from "./support/slowdown.ts";
import { runSuite, type SuiteReport } from "./support/suite.ts";

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

/** A part of the test files on one runtime. */
interface Share {
  readonly runtime: RuntimeName;
  readonly files: readonly string[];
  /** Where the output goes; to this process's own when not given. */
  readonly log?: string;
}

/** How many processes share the files of a runtime: tests also wait. */
const PROCESSES = 2;

const notes: string[] = [];
let passed = 0;
let failed = 0;
let skipped = 0;
const logs = mkdtempSync(join(tmpdir(), "loom-tests-"));
try {
  const shares = divide(logs);
  // On one CPU they would only slow each other down.
  const atOnce = availableParallelism() > 1;
  const running = atOnce ? shares.map(run) : [];
  for (const [index, share] of shares.entries()) {
    const { report, seconds } = await (running[index] ?? run(share));
    if (share.log !== undefined) await print(share.log);
    const { runtime } = share;
    for (const title of report.skipped) {
      notes.push(`${runtime}: Test skipped: ${title}`);
    }
    for (const fault of report.faults) notes.push(`${runtime}: ${fault}`);
    notes.push(
      `${runtime}: ${report.passed} passed, ${report.failed} failed in ${seconds} s`,
    );
    passed += report.passed;
    failed += report.failed;
    skipped += report.skipped.length;
  }
} finally {
  rmSync(logs, { recursive: true });
}
console.log(["", ...notes].join("\n"));
console.log(
  `${passed} passed, ${failed} failed${
    skipped > 0 ? `, ${skipped} skipped` : ""
  }`,
);
process.exitCode = failed > 0 ? 1 : 0;

/** Divides the files between processes, of which one shows its output at once. */
function divide(logs: string): Share[] {
  return runtimes.flatMap((runtime) => {
    const count = Math.min(PROCESSES, files.length);
    return Array.from({ length: count }, (_, part) => ({
      runtime,
      files: files.filter((_, index) => index % count === part),
      log: join(logs, `${runtime}_${part}.log`),
    }));
  }).map(({ log, ...share }, index) => index === 0 ? share : { ...share, log });
}

/** Runs the tests of one process. */
async function run(
  { runtime, files, log }: Share,
): Promise<{ readonly report: SuiteReport; readonly seconds: number }> {
  const slowdown = await measureSlowdown(runtime);
  const title =
    `\n=== Tests of ${files.length} files on ${runtime}, limits times ` +
    `${slowdown.toFixed(1)} ===\n`;
  const output = log === undefined ? undefined : openSync(log, "w");
  if (output === undefined) process.stdout.write(title);
  else writeSync(output, title);
  const begin = performance.now();
  const report = await runSuite(runtime, files, { stress, slowdown, output });
  const seconds = Math.round((performance.now() - begin) / 1_000);
  if (output !== undefined) closeSync(output);
  return { report, seconds };
}

async function print(path: string): Promise<void> {
  for await (const chunk of createReadStream(path)) process.stdout.write(chunk);
}

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
