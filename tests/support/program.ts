/**
 * Runs small programs in a process of their own, on the runtime that runs the tests.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { scaleLimit } from "./slowdown.ts";
import { sized } from "./stress.ts";
import { findRuntime, ROOT, type RuntimeName } from "./runtimes.ts";

/** The runtime that runs this test. */
export const HERE: RuntimeName = "Deno" in globalThis ? "Deno" : "Bun";

/** Earlier than the limit of a test, so that the test can show what it wrote. */
const LIMIT_MS = scaleLimit(sized(45_000, 450_000));

/** How a program ended and what it wrote. */
export interface ProgramEnd {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it; SIGKILL when it did not end by itself. */
  readonly signal: string | null;
  /** What it wrote to stdout. */
  readonly stdout: string;
  /** What it wrote to stderr. */
  readonly stderr: string;
}

/** What a program can be run with. */
export interface ProgramOptions {
  /** Whether it is run as a program or by the test runner; the first when not given. */
  readonly command?: "run" | "test";
  /** Whether Deno checks its types. */
  readonly check?: boolean;
  /** The runtime; the one that runs the test when not given. */
  readonly runtime?: RuntimeName;
  /** Deno's permissions; all when not given. */
  readonly permissions?: readonly string[];
  /** A command before the runtime's own, such as `taskset -c 1`. */
  readonly under?: readonly string[];
  /** Added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A program that runs. */
export interface RunningProgram {
  /** Process id. */
  readonly pid: number;
  /** Its first line, when it has been written; what there was if it ends before. */
  readonly firstLine: Promise<string>;
  /** How it ended. */
  readonly end: Promise<ProgramEnd>;
}

/** Runs `tests/fixtures/programs/NAME` and resolves with how it ended. */
export function runProgram(
  name: string,
  args: readonly string[] = [],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  return startProgram(name, args, options).end;
}

/** Starts `tests/fixtures/programs/NAME`. */
export function startProgram(
  name: string,
  args: readonly string[] = [],
  options: ProgramOptions = {},
): RunningProgram {
  const {
    command = "run",
    check = false,
    runtime = HERE,
    permissions = ["--allow-all"],
    under = [],
    env = {},
  } = options;
  const flags = runtime === "Deno"
    ? [command, "--no-prompt", check ? "--check" : "--no-check", ...permissions]
    : [command];
  const path = `${ROOT}/tests/fixtures/programs/${name}`;
  // Through a shell and a variable: where Deno's node:child_process sees the path of
  // Deno, it adds permissions. `exec` lets the kill reach the program itself.
  const child = spawn("sh", [
    "-c",
    'exec $LOOM_TEST_UNDER "$LOOM_TEST_RUNTIME" "$@"',
    "sh",
    ...flags,
    path,
    ...args,
  ], {
    cwd: ROOT,
    env: {
      ...process.env,
      LOOM_TEST_RUNTIME: findRuntime(runtime),
      LOOM_TEST_UNDER: under.join(" "),
      NO_COLOR: "1",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const firstLine = Promise.withResolvers<string>();
  const end = new Promise<ProgramEnd>((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      if (stdout.includes("\n")) firstLine.resolve(stdout.split("\n")[0]);
    });
    child.stderr.setEncoding("utf8").on("data", (text) => stderr += text);
    const timer = setTimeout(() => child.kill("SIGKILL"), LIMIT_MS);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      firstLine.resolve(stdout);
      resolve({ code, signal, stdout, stderr });
    });
  });
  return { pid: child.pid!, firstLine: firstLine.promise, end };
}
