/**
 * Tests with a runtime.
 *
 * @module
 */

import type { LoomRuntime } from "../runtime.ts";
import type { InlineRuntime } from "./inline/runtime.ts";
import type { InlineTestOptions, LoomTestOptions } from "./options.ts";
import { OwnRuntimes, SharedRuntime } from "./runtime_source.ts";
import { runTest, type TestBody } from "./test_run.ts";
import { testRunner } from "./test_runner.ts";

/** How long a test may take, unless its options say so. */
const TIMEOUT_MS = 30_000;

/** The test runner ends a test later than the kit, whose message names the calls in flight. */
const RUNNER_GRACE_MS = 10_000;

/** What a test does, with either kind of runtime. */
type AnyBody = (runtime: never) => void | Promise<void>;

/**
 * Registers a test that has a runtime, with `Deno.test` or `bun:test`.
 *
 * The runtime is a small one with two compute workers, unpinned. It is built before the test and
 * ended after it. The test fails if it leaves something behind: calls that it has not awaited,
 * which the message names with their number, their age and the place where they were made;
 * calls that tasks have not awaited; runtimes that it has built; other Workers.
 *
 * @param name The name of the test.
 * @param fn What the test does. It gets the runtime, which is also the current one.
 * @throws {LoomError} If the program is run by neither `deno test` nor `bun test`.
 *
 * @example Usage
 * ```ts ignore
 * import assert from "node:assert/strict";
 * import { loomTest } from "@loom/runtime/testing";
 *
 * loomTest("a call returns its result", async (runtime) => {
 *   assert.equal(await runtime.spawnCompute((n: number) => n * 2, 21), 42);
 * });
 *
 * loomTest("a call has an hour", { inline: true }, async (runtime) => {
 *   const call = runtime.with({ timeoutMs: 3_600_000 })
 *     .spawnCompute(() => new Promise<void>(() => {}));
 *   const late = assert.rejects(call, { name: "TimeoutError" });
 *   await runtime.clock.advance(3_600_000);
 *   await late;
 * });
 * ```
 */
export function loomTest(
  name: string,
  fn: (runtime: LoomRuntime) => void | Promise<void>,
): void;
/**
 * Registers a test that has a runtime without threads: see {@linkcode inlineRuntime}.
 *
 * @param name The name of the test.
 * @param options Settings of the runtime, and how the test is run.
 * @param fn What the test does.
 */
export function loomTest(
  name: string,
  options: InlineTestOptions,
  fn: (runtime: InlineRuntime) => void | Promise<void>,
): void;
/**
 * Registers a test that has a runtime with threads.
 *
 * @param name The name of the test.
 * @param options Settings of the runtime, and how the test is run.
 * @param fn What the test does.
 */
export function loomTest(
  name: string,
  options: LoomTestOptions,
  fn: (runtime: LoomRuntime) => void | Promise<void>,
): void;
export function loomTest(
  name: string,
  ...rest: [AnyBody] | [LoomTestOptions | InlineTestOptions, AnyBody]
): void {
  const [options, fn] = rest.length === 1 ? [{}, rest[0]] : rest;
  const { scope, ignore = false, only = false, timeoutMs = TIMEOUT_MS } =
    options;
  const runner = testRunner();
  const shared = scope === "file" ? SharedRuntime.of(options) : undefined;
  const source = shared ?? new OwnRuntimes(options);
  runner.register({
    name,
    body: () => runTest(source, fn as TestBody, timeoutMs),
    ignore,
    only,
    limitMs: timeoutMs + RUNNER_GRACE_MS,
  });
  if (shared !== undefined) runner.afterFile(() => shared.end());
}
