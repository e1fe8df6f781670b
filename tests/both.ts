/**
 * Runs one program on Deno and then on Bun, with the same arguments:
 *
 *     deno run -A tests/both.ts examples/corpus.ts [argument ...]
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { findRuntime, PINNED, type RuntimeName } from "./support/runtimes.ts";

const RUN: Readonly<Record<RuntimeName, readonly string[]>> = {
  Deno: ["run", "--allow-all"],
  Bun: ["run"],
};

for (const runtime of ["Deno", "Bun"] as const) {
  console.log(`\n=== ${runtime} ${PINNED[runtime]} ===`);
  const { status, signal } = spawnSync(
    findRuntime(runtime),
    [...RUN[runtime], ...process.argv.slice(2)],
    { stdio: "inherit" },
  );
  if (status !== 0) {
    console.error(`Cannot finish on ${runtime}: exit code ${status ?? signal}`);
    process.exitCode = 1;
  }
}
