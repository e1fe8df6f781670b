/**
 * Runs the functions of `setup()` and `teardown()` on this worker.
 *
 * @module
 */

import { LoomError } from "../errors.ts";
import type { HookCall } from "../handshake.ts";
import type { Functions } from "../tasks/functions.ts";

/**
 * Runs the function of `setup()`.
 *
 * @throws {LoomError} If it fails. The cause is what it threw.
 */
export async function runSetup(
  call: HookCall,
  functions: Functions,
): Promise<void> {
  try {
    await run(call, functions, "setup");
  } catch (cause) {
    throw new LoomError(
      `the function of setup() failed: ${textOf(cause)}`,
      { cause },
    );
  }
}

/** Runs the function of `teardown()`. If it fails, a warning says so. */
export async function runTeardown(
  call: HookCall,
  functions: Functions,
): Promise<void> {
  try {
    await run(call, functions, "teardown");
  } catch (error) {
    console.warn(`loom: the function of teardown() failed: ${textOf(error)}`);
  }
}

async function run(
  { task, args }: HookCall,
  functions: Functions,
  method: string,
): Promise<void> {
  try {
    const fn = await functions.load(task);
    await fn(...args);
  } catch (error) {
    throw functions.explain(task, error, method);
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
