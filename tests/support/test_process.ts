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
import { pathToFileURL } from "node:url";
import { Progress, PROGRESS_VARIABLE, type TestEvent } from "./progress.ts";
import { findRuntime, ROOT, type RuntimeName } from "./runtimes.ts";

/** How a test process is run. */
export interface ProcessOptions {
  /** Added to the environment of the process. */
  readonly env: Readonly<Record<string, string>>;
  /** How long a process may be between tests, for instance while it loads a file. */
  readonly loadLimitMs: number;
  /** Where its output goes; a number is an open file. */
  readonly output: "inherit" | "ignore" | number;
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

/** The command that tests files, which may use `folder`. */
const COMMANDS: Readonly<
  Record<RuntimeName, (files: readonly string[], folder: string) => string[]>
> = {
  Deno: (files, folder) => [
    "test",
    "--allow-all",
    "--no-check",
    writeImporter(files, folder),
  ],
  Bun: (files) => ["test", ...files],
};

/**
 * Runs the tests of `files` in one process of `runtime`. Files and tests run in an order
 * that the runtime chooses; all files may be loaded before the first test runs.
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
      COMMANDS[runtime](files, folder),
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

/**
 * Writes a module that imports all files. Deno gives each module on its command line an
 * isolate of its own, which would load the library once for each file.
 */
function writeImporter(files: readonly string[], folder: string): string {
  const path = join(folder, "all_test.ts");
  const imports = files.map((file) =>
    `import ${JSON.stringify(pathToFileURL(file).href)};\n`
  );
  writeFileSync(path, imports.join(""));
  return path;
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
