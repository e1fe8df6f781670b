/**
 * The test runners: `Deno.test` and `bun:test`.
 *
 * @module
 */

import process from "node:process";
import { LoomError } from "../errors.ts";

/** A test to register. */
export interface RegisteredTest {
  readonly name: string;
  readonly body: () => Promise<void>;
  readonly ignore: boolean;
  readonly only: boolean;
  /** When the runner ends it, if the body does not end it before, in milliseconds. */
  readonly limitMs: number;
}

/** What both test runners have. */
export interface TestRunner {
  /** Registers a test of the file that is being loaded. */
  register(test: RegisteredTest): void;
  /** Runs a function after the last test of the file that is being loaded. */
  afterFile(end: () => Promise<void>): void;
}

interface DenoTest {
  (
    test: {
      readonly name: string;
      readonly fn: () => Promise<void>;
      readonly ignore: boolean;
      readonly only: boolean;
      readonly sanitizeOps: false;
      readonly sanitizeResources: false;
    },
  ): void;
  afterAll(fn: () => Promise<void>): void;
}

type RegisterInBun = (
  name: string,
  body: () => Promise<void>,
  limitMs: number,
) => void;

interface BunTest {
  readonly test: {
    readonly serial: RegisterInBun & { readonly only: RegisterInBun };
    readonly skip: RegisterInBun;
  };
  afterAll(fn: () => Promise<void>): void;
}

/**
 * The test runner that runs this program.
 *
 * @throws {LoomError} If there is none.
 */
export function testRunner(): TestRunner {
  const { Deno } = globalThis as { Deno?: { test?: DenoTest } };
  if (Deno?.test !== undefined) return denoRunner(Deno.test);
  if ("bun" in process.versions) return bunRunner();
  throw new LoomError(
    "Cannot register test: this is no test runner that loom knows; run the file with " +
      '"deno test" or "bun test"',
  );
}

function denoRunner(test: DenoTest): TestRunner {
  return {
    register: ({ name, body, ignore, only }) =>
      test({
        name,
        fn: body,
        ignore,
        only,
        // Deno would count what loom opens once for all runtimes, such as libc.
        sanitizeOps: false,
        sanitizeResources: false,
      }),
    afterFile: (end) => test.afterAll(end),
  };
}

function bunRunner(): TestRunner {
  // Not an import: Deno must never look for it.
  const { createRequire } = process.getBuiltinModule("node:module");
  const bun = createRequire(import.meta.url)("bun:test") as BunTest;
  const { serial, skip } = bun.test;
  return {
    register({ name, body, ignore, only, limitMs }) {
      // One after another, also with --concurrent: what a test leaves must be its own.
      const register = ignore ? skip : only ? serial.only : serial;
      register(name, body, limitMs);
    },
    afterFile: (end) => bun.afterAll(end),
  };
}
