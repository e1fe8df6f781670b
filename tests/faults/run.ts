/**
 * Runs the fault program on Deno and on Bun, and checks what it came to from outside.
 *
 *     deno task test:faults [--deaths N] [--seed N] [--on Deno|Bun]
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { findRuntime, ROOT, type RuntimeName } from "../support/runtimes.ts";
import type { Summary } from "./program.ts";

/** Without a line of progress for so long the program counts as hanging. */
const SILENCE_MS = 300_000;
/** A runtime may keep a few threads and descriptors of its own beyond those at the start. */
const SPARE = 8;

const { values } = parseArgs({
  options: {
    deaths: { type: "string", default: "1000" },
    seed: {
      type: "string",
      default: String(crypto.getRandomValues(new Uint32Array(1))[0] | 1),
    },
    on: { type: "string" },
  },
});
const runtimes = (["Deno", "Bun"] as const)
  .filter((name) => values.on === undefined || values.on === name);

let failedCount = 0;
for (const runtime of runtimes) {
  console.log(`=== ${runtime}: ${values.deaths} deaths, seed ${values.seed}`);
  const problems = await runFaults(runtime);
  for (const problem of problems) console.log(`${runtime} failed: ${problem}`);
  if (problems.length > 0) failedCount++;
}
console.log(`${runtimes.length - failedCount} passed, ${failedCount} failed`);
process.exitCode = failedCount > 0 ? 1 : 0;

/** Returns what was wrong. */
async function runFaults(runtime: RuntimeName): Promise<string[]> {
  const flags = runtime === "Deno" ? ["run", "-A", "--no-check"] : ["run"];
  const program = `${ROOT}/tests/faults/program.ts`;
  const child = spawn(findRuntime(runtime), [
    ...flags,
    program,
    values.deaths!,
    values.seed!,
  ], { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let hung = false;
  const kill = () => {
    hung = true;
    child.kill("SIGKILL");
  };
  let timer = setTimeout(kill, SILENCE_MS);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    process.stdout.write(text);
    clearTimeout(timer);
    timer = setTimeout(kill, SILENCE_MS);
  });
  const ending = await new Promise<string>((resolve) =>
    child.once(
      "close",
      (code, signal) => resolve(signal ?? `exit code ${code}`),
    )
  );
  clearTimeout(timer);
  if (hung) {
    return [`no progress for ${SILENCE_MS} ms: something never settled`];
  }
  if (ending !== "exit code 0") return [`the program ended with ${ending}`];
  return judge(JSON.parse(output.trimEnd().split("\n").at(-1)!));
}

function judge(summary: Summary): string[] {
  const { started, settled, settledTwice, problems } = summary;
  const found = [...problems.slice(0, 10)];
  if (problems.length > 10) found.push(`${problems.length - 10} more`);
  if (started !== settled) found.push(`${started - settled} never settled`);
  if (settledTwice > 0) found.push(`${settledTwice} settled twice`);
  for (const what of ["threads", "descriptors"] as const) {
    const [before, after] = summary[what];
    if (after > before + SPARE) {
      found.push(`${what} grew from ${before} to ${after}`);
    }
  }
  return found;
}
