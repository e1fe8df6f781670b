/**
 * Runs test files on one runtime and counts what came of them.
 *
 * @module
 */

import { relative } from "node:path";
import { FOLDER_VARIABLE } from "../../lib/affinity/reservation.ts";
import type { TestEvent } from "./progress.ts";
import { ROOT, type RuntimeName } from "./runtimes.ts";
import { SLOWDOWN_VARIABLE } from "./slowdown.ts";
import { STRESS_VARIABLE } from "./stress.ts";
import { HUNG, type ProcessEnd, runTestProcess } from "./test_process.ts";

/** How the tests are run. */
export interface SuiteOptions {
  /** Whether tests have their stress size. */
  readonly stress?: boolean;
  /** How much slower this machine is than the one that limits were chosen on. */
  readonly slowdown?: number;
  /** The limit for loading a file, before the slowdown; two minutes when not given. */
  readonly loadLimitMs?: number;
  /** Added to the environment of the test processes. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Where the output of the test runner goes: to this process's own when not given, or to
   * an open file.
   */
  readonly output?: "inherit" | "ignore" | number;
}

/** What came of the tests on one runtime. */
export interface SuiteReport {
  readonly passed: number;
  /** Failed tests, tests that did not run, and faults outside any test. */
  readonly failed: number;
  /** The skipped tests: file and name. */
  readonly skipped: readonly string[];
  /** What failed, with file and test; several tests that did not run share a line. */
  readonly faults: readonly string[];
}

const LOAD_LIMIT_MS = 120_000;

/**
 * Runs `files` on `runtime`.
 *
 * One process runs them all. When it crashes or hangs, the test that was running is named
 * and counted as failed, and another process runs the files that are left.
 */
export async function runSuite(
  runtime: RuntimeName,
  files: readonly string[],
  options: SuiteOptions = {},
): Promise<SuiteReport> {
  const { slowdown = 1, loadLimitMs = LOAD_LIMIT_MS, output = "inherit" } =
    options;
  const tally = new Tally();
  let left = files;
  let oneByOne = false;
  while (left.length > 0) {
    const batch = oneByOne ? left.slice(0, 1) : left;
    const end = await runTestProcess(runtime, batch, {
      env: {
        [SLOWDOWN_VARIABLE]: String(slowdown),
        [STRESS_VARIABLE]: options.stress === true ? "1" : "0",
        // Test processes share the CPUs, and tests expect the plan of a free machine.
        [FOLDER_VARIABLE]: "",
        ...options.env,
      },
      loadLimitMs: loadLimitMs * slowdown,
      output,
    });
    const begun = new Set(end.tests.filter(hasBegun).map(({ file }) => file));
    const isLoadError = begun.size === 0 && end.ending === "exit code 1";
    if (!hasStopped(end) || batch.length === 1) {
      if (!isLoadError || end.tests.length > 0) tally.count(end, end.tests);
      const reached = new Set(end.tests.map(({ file }) => file));
      const unreached = batch.filter((file) => !reached.has(file));
      // A stress run leaves out tests that have one size, perhaps all of a file.
      const mayBeEmpty = options.stress === true &&
        end.ending === "exit code 0";
      if (!mayBeEmpty) {
        for (const file of unreached) tally.countEmpty(file, end);
      }
      left = left.slice(batch.length);
      continue;
    }
    // A file that cannot be loaded may keep others from being loaded. It fails again alone.
    if (!isLoadError) {
      tally.count(end, end.tests.filter(({ file }) => begun.has(file)));
    }
    left = batch.filter((file) => !begun.has(file));
    // It stopped between tests: nothing else shows which file cannot be loaded.
    oneByOne ||= end.last?.state !== "started";
  }
  return tally.report();
}

/** Whether the process ended before it came to all of its files. */
function hasStopped({ ending, tests, last }: ProcessEnd): boolean {
  if (ending === "exit code 0") return last?.state === "started";
  return !tests.some(hasBegun) || last?.state === "started" ||
    ending !== "exit code 1";
}

function hasBegun({ state }: TestEvent): boolean {
  return state !== "registered" && state !== "skipped";
}

/** Counts tests over several processes. */
class Tally {
  readonly #skipped: string[] = [];
  readonly #faults: string[] = [];
  #passed = 0;
  #failed = 0;

  /** Counts `tests`, and how their process ended. */
  count(end: ProcessEnd, tests: readonly TestEvent[]): void {
    const { ending, last } = end;
    const failedBefore = this.#failed;
    const unrun = new Map<string, number>();
    for (const test of tests) {
      const { file, state } = test;
      if (state === "passed") this.#passed++;
      else if (state === "skipped") this.#skipped.push(titleOf(test));
      else if (state === "failed") this.#fail(`Test failed: ${titleOf(test)}`);
      else if (state === "hung") this.#fail(`Test hung: ${titleOf(test)}`);
      else if (state === "started") this.#fail(unended(test, end));
      else unrun.set(file, (unrun.get(file) ?? 0) + 1);
    }
    for (const [file, count] of unrun) {
      this.#fail(`Tests that did not run: ${count} of ${shorten(file)}`, count);
    }
    // Failures explain exit code 1. Anything else but 0 is a fault of its own.
    const explained = this.#failed > failedBefore &&
      (ending === "exit code 1" || last?.state === "started");
    if (ending === "exit code 0" || explained) return;
    const where = last !== undefined && tests.some(hasBegun)
      ? `after ${titleOf(last)}`
      : "before any test";
    this.#fail(`Test process ended, ${ending}: ${where}`);
  }

  /** Counts a file none of whose tests was registered. */
  countEmpty(file: string, { ending }: ProcessEnd): void {
    this.#fail(`No test was registered, ${ending}: ${shorten(file)}`);
  }

  report(): SuiteReport {
    return {
      passed: this.#passed,
      failed: this.#failed,
      skipped: this.#skipped,
      faults: this.#faults,
    };
  }

  #fail(fault: string, count = 1): void {
    this.#failed += count;
    this.#faults.push(fault);
  }
}

/** What is said of a test that has started and not ended. */
function unended(test: TestEvent, { ending, last }: ProcessEnd): string {
  if (test !== last) return `Test did not end: ${titleOf(test)}`;
  return ending.startsWith(HUNG)
    ? `Test hung: ${titleOf(test)}`
    : `Test ended its process, ${ending}: ${titleOf(test)}`;
}

function titleOf({ file, name }: TestEvent): string {
  return `${shorten(file)}: ${name}`;
}

function shorten(file: string): string {
  const path = relative(ROOT, file);
  return path.startsWith("..") ? file : path;
}
