#!/usr/bin/env node
// The `loom` command of the built package, which npm, Bun and Deno start each in its way.
// Node.js starts it, too, but the command is for Deno or Bun: then it looks for one of them.

import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const args = process.argv.slice(2);

if ("Deno" in globalThis || "Bun" in globalThis) {
  const { runProgram } = await import("../lib/cli.js");
  process.exitCode = await runProgram(args, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  });
} else {
  process.exitCode = runOnAnother();
}

/** Runs this file on the first runtime that there is, and returns its exit code. */
function runOnAnother() {
  const self = fileURLToPath(import.meta.url);
  for (const command of [["bun"], ["deno", "run", "--allow-all"]]) {
    const [file, ...before] = command;
    const { error, status } = spawnSync(file, [...before, self, ...args], {
      stdio: "inherit",
    });
    if (error?.code !== "ENOENT") return status ?? 1;
  }
  console.error(
    "Cannot run loom: it needs Bun or Deno, and neither is on the PATH; install one: " +
      "npm install --global bun, or npm install --global deno",
  );
  return 1;
}
