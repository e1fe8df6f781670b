/**
 * The one file that knows which test runner is in use: `Deno.test` or `bun:test`.
 *
 * @module
 */

type TestBody = () => void | Promise<void>;

interface Runner {
  test(name: string, body: TestBody, limitMs: number): void;
  skip(name: string): void;
}

/** What a single test can ask for beyond its name and body. */
export interface TestOptions {
  /** How long the test may take before it fails instead of hanging. */
  readonly timeoutMs?: number;
}

/** Long enough for a slow shared machine; a limit against hangs, not a measurement. */
const DEFAULT_TIMEOUT_MS = 120_000;

/** The runner's own limit comes later than ours, whose message names the test. */
const RUNNER_GRACE_MS = 5_000;

const runner: Runner = "Deno" in globalThis ? denoRunner() : await bunRunner();

/**
 * Registers a test with the runner in use.
 *
 * It fails when `body` throws, rejects, or has not settled after `timeoutMs`. A
 * body that blocks its thread is ended by `tests/run.ts` instead.
 */
export function test(
  name: string,
  body: TestBody,
  options: TestOptions = {},
): void {
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const limited = () => settleWithin(timeoutMs, name, body);
  runner.test(name, limited, timeoutMs + RUNNER_GRACE_MS);
}

/** Registers a test that cannot run here; the report shows its name and `reason`. */
export function skip(name: string, reason: string): void {
  runner.skip(`${name} (skipped: ${reason})`);
}

async function settleWithin(
  timeoutMs: number,
  name: string,
  body: TestBody,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(
        new Error(
          `Cannot finish test "${name}": still running after ${timeoutMs} ms`,
        ),
      );
    }, timeoutMs);
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
