/**
 * The one file that knows which test runner is in use: `Deno.test` or `bun:test`.
 *
 * @module
 */

import process from "node:process";
import { reportEvent, type TestState } from "./progress.ts";
import { scaleLimit } from "./slowdown.ts";
import { STRESS } from "./stress.ts";

type TestBody = () => void | Promise<void>;

interface Runner {
  test(name: string, body: TestBody, limitMs: number): void;
  skip(name: string): void;
}

/** What a single test can ask for beyond its name and body. */
export interface TestOptions {
  /**
   * How long the test may take on the reference machine before it counts as hung. A
   * slower machine gives it more.
   */
  readonly timeoutMs?: number;
}

/** A limit against hangs, not a measurement: the slowest test takes a twentieth. */
const DEFAULT_TIMEOUT_MS = Number(process.env.LOOM_TEST_LIMIT_MS ?? 60_000);
const STRESS_TIMEOUT_MS = 10 * DEFAULT_TIMEOUT_MS;

/** The runner's own limit comes later than ours, whose message names the test. */
const RUNNER_GRACE_MS = 5_000;

const runner: Runner = "Deno" in globalThis ? denoRunner() : await bunRunner();

/** How many tests each file has registered. */
const testCounts = new Map<string, number>();

/** How many tests of each file have not ended. */
const unendedCounts = new Map<string, number>();

/** What runs when all tests of a file have ended. */
const endings = new Map<string, readonly TestBody[]>();

/**
 * Registers a test that is the same in every run; a stress run leaves it out.
 *
 * It fails when `body` throws, rejects, or has not settled in time. When a body blocks
 * its thread, `tests/run.ts` ends the process and names the test.
 */
export function test(
  name: string,
  body: TestBody,
  options: TestOptions = {},
): void {
  if (!STRESS) register(name, body, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
}

/**
 * Registers a test that is small in a quick run and large in a stress run: it takes its
 * sizes from `sized()` of `stress.ts`.
 */
export function stressTest(name: string, body: TestBody): void {
  register(name, body, STRESS ? STRESS_TIMEOUT_MS : DEFAULT_TIMEOUT_MS);
}

/** Registers a test that cannot run here; the report shows its name and `reason`. */
export function skip(name: string, reason: string): void {
  if (STRESS) return;
  const title = `${name} (skipped: ${reason})`;
  reporterFor(title, 0)("skipped");
  runner.skip(title);
}

/**
 * Runs `body` at the end of the last test of the calling file, whether or not it passed.
 *
 * The runners' own functions do not know files: one process may load all files before it
 * runs the first test.
 */
export function afterAll(body: TestBody): void {
  const file = callingFile();
  endings.set(file, [...endings.get(file) ?? [], body]);
}

function register(name: string, body: TestBody, timeoutMs: number): void {
  const limitMs = scaleLimit(timeoutMs);
  const file = callingFile();
  const report = reporterFor(name, limitMs);
  report("registered");
  unendedCounts.set(file, (unendedCounts.get(file) ?? 0) + 1);
  runner.test(name, async () => {
    report("started");
    try {
      try {
        await settleWithin(limitMs, name, body);
      } finally {
        await settleWithin(limitMs, name, () => endTest(file));
      }
    } catch (error) {
      report(error instanceof HungError ? "hung" : "failed");
      throw error;
    }
    report("passed");
  }, limitMs + RUNNER_GRACE_MS);
}

async function endTest(file: string): Promise<void> {
  const left = unendedCounts.get(file)! - 1;
  unendedCounts.set(file, left);
  if (left > 0) return;
  for (const ending of endings.get(file) ?? []) await ending();
}

/** Returns the function that reports the states of a test to come. */
function reporterFor(
  name: string,
  limitMs: number,
): (state: TestState) => void {
  const file = callingFile();
  const index = testCounts.get(file) ?? 0;
  testCounts.set(file, index + 1);
  return (state) => reportEvent({ state, file, index, name, limitMs });
}

/** The test file whose top level is running. */
function callingFile(): string {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Infinity;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = stackTraceLimit;
  const paths = [
    ...stack.matchAll(/(?:at |\()(file:\/\/)?(\/.*?\.ts):\d+:\d+/g),
  ].map(([, scheme, path]) => scheme === undefined ? path : decodeURI(path));
  const file = paths.findLast((path) => path.endsWith("_test.ts")) ??
    paths.at(-1);
  if (file === undefined) {
    throw new Error(`Cannot find the calling test file: the stack is ${stack}`);
  }
  return file;
}

class HungError extends Error {
  override name = "HungError";
}

async function settleWithin(
  limitMs: number,
  name: string,
  body: TestBody,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new HungError(
          `Cannot finish test "${name}": still running after ${limitMs} ms`,
        ),
      );
    }, limitMs);
  });
  try {
    await Promise.race([body(), timeout]);
  } finally {
    clearTimeout(timer);
  }
}

function denoRunner(): Runner {
  return {
    test(name, fn) {
      // Worker threads outlive single tests on purpose, which the sanitizers would
      // report as leaks; tests of shutdown count threads in /proc themselves.
      Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
    },
    skip(name) {
      Deno.test({ name, fn: () => {}, ignore: true });
    },
  };
}

interface BunTest {
  (name: string, body: TestBody, limitMs: number): void;
  skip(name: string, body: TestBody): void;
}

async function bunRunner(): Promise<Runner> {
  // A variable, not a literal: Deno must never try to resolve "bun:test".
  const specifier = "bun:test";
  const { test } = await import(specifier) as { test: BunTest };
  return {
    test: (name, body, limitMs) => test(name, body, limitMs),
    skip: (name) => test.skip(name, () => {}),
  };
}
