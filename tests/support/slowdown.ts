/**
 * How much slower this machine is than the one that limits were chosen on. Every limit
 * against hangs is multiplied by that.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { findRuntime, ROOT, type RuntimeName } from "./runtimes.ts";

/** The variable with the factor, for test processes. */
export const SLOWDOWN_VARIABLE = "LOOM_TEST_SLOWDOWN";

/** What `fixed_work.ts` takes on the reference machine, which has two quiet CPUs. */
const REFERENCE_MS: Readonly<Record<RuntimeName, number>> = {
  Deno: 200,
  Bun: 130,
};

const slowdown = Number(process.env[SLOWDOWN_VARIABLE] ?? 1);

/** Returns a limit that was chosen for the reference machine, for this one. */
export function scaleLimit(limitMs: number): number {
  return limitMs * slowdown;
}

/**
 * Measures how many times longer than on the reference machine it takes here to start
 * `runtime` and a worker, and to compute on both threads at once; 1 or more.
 */
export async function measureSlowdown(runtime: RuntimeName): Promise<number> {
  const path = `${ROOT}/tests/fixtures/programs/fixed_work.ts`;
  const args = runtime === "Deno" ? ["run", "--allow-all", "--no-check"] : [];
  const begin = performance.now();
  const child = spawn(findRuntime(runtime), [...args, path], {
    cwd: ROOT,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  if (code !== 0) {
    throw new Error(
      `Cannot measure ${runtime} on this machine: ${path} ended with exit code ${code}`,
    );
  }
  const takenMs = performance.now() - begin;
  return Math.max(1, takenMs / REFERENCE_MS[runtime]);
}
