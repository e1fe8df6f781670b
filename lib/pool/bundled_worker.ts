/**
 * The worker of a program that a bundler has put into one file with this library.
 *
 * @module
 */

import process from "node:process";
import { LIBRARY, WORKER_ENTRY } from "../address.ts";
import { LoomError } from "../errors.ts";

/**
 * Checks that the worker's module is beside the bundle, if there is one. The JavaScript
 * runtime would only say that some module is not found.
 *
 * @throws {LoomError} If it is not there.
 */
export function requireBundledWorker(): void {
  if (LIBRARY !== undefined || WORKER_ENTRY.protocol !== "file:") return;
  // Only bundles need these modules, which take some milliseconds to load on Deno.
  if (process.getBuiltinModule("node:fs").existsSync(WORKER_ENTRY)) return;
  const path = process.getBuiltinModule("node:url").fileURLToPath(WORKER_ENTRY);
  throw new LoomError(
    `Cannot start workers: a bundler has put loom into the program, and there is no worker ` +
      `at ${path}; copy node_modules/@loom/runtime/lib/loom_worker.js there, or make it an ` +
      `entry point if the program is compiled to an executable`,
  );
}
