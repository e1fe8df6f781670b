/**
 * One runtime for the tests of a file.
 *
 * @module
 */

import type { LoomBuilder, LoomRuntime } from "../../mod.ts";
import { unpinned } from "./runtime.ts";
import { afterAll } from "./test.ts";

/**
 * Returns a function that gives each test of a file the same runtime, as long as they ask
 * for the same number of workers: to start workers takes longer than most tests do.
 *
 *     const sharedRuntime = runtimeOfFile();
 *
 *     test("…", async () => {
 *       await using runtime = await sharedRuntime(2);
 *     });
 *
 * At the end of its test the runtime becomes idle instead of shutting down. What a test
 * leaves in the globals of a worker, the next one finds there. A test that counts threads,
 * or shuts down, builds a runtime of its own.
 *
 * @param builderFor Returns a builder for the given number of workers.
 */
export function runtimeOfFile(
  builderFor: (computeThreads: number) => LoomBuilder = unpinned,
): (computeThreads: number) => Promise<LoomRuntime> {
  let runtime: LoomRuntime | undefined;
  let isInUse = false;
  afterAll(async () => {
    // A test that hung may never let it end; the runner ends the process.
    if (!isInUse) await runtime?.blockUntilIdle();
  });
  return async (computeThreads) => {
    if (isInUse) runtime = undefined;
    else if (runtime?.config.computeThreads !== computeThreads) {
      await runtime?.blockUntilIdle();
      runtime = undefined;
    }
    const lent = runtime ??= await builderFor(computeThreads).build();
    isInUse = true;
    Object.defineProperty(lent, Symbol.asyncDispose, {
      configurable: true,
      value: async () => {
        while (!lent.isIdle()) await new Promise((go) => setTimeout(go));
        // A test that hung ends late, when another runtime may be in use.
        if (lent === runtime) isInUse = false;
      },
    });
    return lent;
  };
}
