#!/usr/bin/env bun
/**
 * The `loom` command: `loom config`, `loom doctor`, `loom topology`, `loom schema`,
 * `loom top`, `loom trace`, `loom dashboard`, `loom serve`, `loom hosts`.
 *
 * @example Usage
 * ```sh
 * deno run -A jsr:@loom/runtime/cli doctor
 * bunx loom doctor
 * ```
 *
 * @module
 */

import process from "node:process";
import { runProgram } from "./program.ts";

export type { Output } from "./program.ts";
export { runProgram };

if (import.meta.main) {
  process.exitCode = await runProgram(process.argv.slice(2), {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
}
