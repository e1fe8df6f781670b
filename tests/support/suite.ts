/**
 * Runs test files on one runtime and returns what its runner counted.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Counts, parseJunit } from "./junit.ts";
import { findRuntime, ROOT, type RuntimeName } from "./runtimes.ts";

/** The counts of one runtime; a `fault` is also counted as one failure. */
export interface SuiteReport extends Counts {
  /** What went wrong outside the tests themselves, such as a crash or a hang. */
  readonly fault?: string;
}

/**
 * Runs `files` on `runtime`, its output passed through.
 *
 * Never rejects: whatever keeps the runner from counting becomes a `fault`. A runner
 * that is still there after `limitMs` is killed.
 */
export async function runSuite(
  runtime: RuntimeName,
  files: readonly string[],
  limitMs: number,
): Promise<SuiteReport> {
  const folder = await mkdtemp(join(tmpdir(), "loom-tests-"));
  const reportPath = join(folder, "report.xml");
  try {
    const ending = await runTests(runtime, files, reportPath, limitMs);
    const xml = await readFile(reportPath, "utf8").catch(() => "");
    return judge(parseJunit(xml), ending);
  } catch (error) {
    return fault({ passed: 0, failed: 0, skipped: [] }, String(error));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Resolves with how the runner ended: `"exit code 0"` when all is well. */
function runTests(
  runtime: RuntimeName,
  files: readonly string[],
  reportPath: string,
  limitMs: number,
): Promise<string> {
  const args = runtime === "Deno"
    ? ["test", "--allow-all", "--no-check", `--junit-path=${reportPath}`]
    : ["test", "--reporter=junit", `--reporter-outfile=${reportPath}`];
  const runner = spawn(findRuntime(runtime), [...args, ...files], {
    cwd: ROOT,
    stdio: "inherit",
  });
  return new Promise((resolve, reject) => {
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      runner.kill("SIGKILL");
    }, limitMs);
    runner.once("error", reject);
    runner.once("exit", (code, signal) => {
      clearTimeout(timer);
      if (hung) resolve(`still running after ${limitMs} ms, killed`);
      else resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
  });
}

function judge(counts: Counts, ending: string): SuiteReport {
  const isClean = ending === "exit code 0";
  if (counts.passed + counts.failed + counts.skipped.length === 0) {
    return fault(counts, `no test was counted, ${ending}`);
  }
  // A failed test explains exit code 1; anything else is a fault of its own.
  const isExplained = isClean ||
    (counts.failed > 0 && ending === "exit code 1");
  return isExplained ? counts : fault(counts, ending);
}

function fault(counts: Counts, reason: string): SuiteReport {
  return { ...counts, failed: counts.failed + 1, fault: reason };
}
