/**
 * Runs one process of a test runner, and ends it when it hangs.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { Progress, PROGRESS_VARIABLE, type TestEvent } from "./progress.ts";
import { findRuntime, ROOT, type RuntimeName } from "./runtimes.ts";

/** How a test process is run. */
export interface ProcessOptions {
  /** Added to the environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** How long a process may be between tests, for instance while it loads a file. */
  readonly loadLimitMs: number;
  /** Where its output goes. */
  readonly output: "inherit" | "ignore";
}

/** How a test process ended. */
export interface ProcessEnd {
  /** Exit code 0, another exit code, a signal, or killed because it hung. */
  readonly ending: string;
  /** The latest event of each test that it came to. */
  readonly tests: readonly TestEvent[];
  /** Its latest event. */
  readonly last: TestEvent | undefined;
}

/** How `ending` begins for a process that was killed because it hung. */
export const HUNG = "hung";

const POLL_MS = 100;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

const ARGUMENTS: Readonly<Record<RuntimeName, readonly string[]>> = {
  Deno: ["test", "--allow-all", "--no-check"],
  Bun: ["test"],
};

/**
 * Runs the tests of `files` in one process of `runtime`, in an order that it chooses.
 *
 * A test ends itself at its limit when its event loop still runs. A process whose test
 * takes twice its limit therefore blocks its thread: it is killed, with all that it
 * started.
 */
export async function runTestProcess(
  runtime: RuntimeName,
  files: readonly string[],
  options: ProcessOptions,
): Promise<ProcessEnd> {
  const folder = mkdtempSync(join(tmpdir(), "loom-tests-"));
  const path = join(folder, "progress.jsonl");
  writeFileSync(path, "");
  const progress = new Progress(path);
  try {
    const child = spawn(
      findRuntime(runtime),
      [...ARGUMENTS[runtime], ...files],
      {
        cwd: ROOT,
        env: { ...process.env, ...options.env, [PROGRESS_VARIABLE]: path },
        stdio: ["ignore", options.output, options.output],
        // A process group of its own, so that the programs of a test are killed too.
        detached: true,
      },
    );
    const ending = await endOf(child, progress, options.loadLimitMs);
    progress.update();
    return { ending, tests: progress.tests, last: progress.last };
  } finally {
    progress.close();
    rmSync(folder, { recursive: true });
  }
}

function endOf(
  child: ChildProcess,
  progress: Progress,
  loadLimitMs: number,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let hung: string | undefined;
  let changedAt = performance.now();
  const poll = setInterval(() => {
    if (progress.update()) changedAt = performance.now();
    const { running } = progress;
    const limitMs = running === undefined ? loadLimitMs : 2 * running.limitMs;
    if (performance.now() - changedAt < limitMs) return;
    hung = `${HUNG}, killed after ${Math.round(limitMs)} ms`;
    kill(child, "SIGKILL");
  }, POLL_MS);
  // A terminal signals its own process group only. Nothing more is run.
  const endAll = () => {
    kill(child, "SIGKILL");
    process.exit(1);
  };
  for (const signal of SIGNALS) process.on(signal, endAll);
  child.once("error", reject);
  child.once("exit", (code, signal) => {
    resolve(hung ?? (signal === null ? `exit code ${code}` : signal));
  });
  return promise.finally(() => {
    clearInterval(poll);
    for (const signal of SIGNALS) process.off(signal, endAll);
  });
}

/** Sends a signal to the process and to those that it has started. */
function kill({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid!, signal);
  } catch (error) {
    // The last of them has just ended.
    if ((error as { code?: string }).code !== "ESRCH") throw error;
  }
}
