/**
 * Runs the soak program on the runtime that runs this, and watches it from outside:
 *
 *     deno task test:soak [--minutes N]
 *     bun run test:soak [--minutes N]
 *
 * Fails when a value is wrong, when memory without garbage grows by more than 5 % after the
 * warm-up, when threads or descriptors grow, or when the program does not end by itself.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { parseArgs } from "node:util";
import { HERE } from "../support/program.ts";
import { findRuntime, ROOT } from "../support/runtimes.ts";
import { judge, type Sample, sampleProcess } from "./samples.ts";

const MAX_END_MS = 30_000;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "5" } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) {
  throw new Error(
    `Cannot read --minutes: it must be a positive number, got ${values.minutes}`,
  );
}
const runMs = minutes * 60_000;
const flags = HERE === "Deno" ? ["run", "--allow-all", "--no-check"] : ["run"];
const child = spawn(findRuntime(HERE), [
  ...flags,
  `${ROOT}/tests/soak/program.ts`,
  String(runMs),
  String(runMs / 3),
], {
  stdio: ["pipe", "pipe", "inherit"],
  cwd: ROOT,
  // Memory that is freed goes back to the kernel, where the C library is GNU's.
  env: {
    ...process.env,
    MALLOC_ARENA_MAX: "2",
    MALLOC_MMAP_THRESHOLD_: "65536",
    MALLOC_TRIM_THRESHOLD_: "65536",
  },
});

const samples: Sample[] = [];
let output = "";
child.stdout.setEncoding("utf8").on("data", (text: string) => {
  output += text;
  if (!text.includes("still")) return;
  const sample = sampleProcess(child.pid!);
  if (sample !== undefined) samples.push(sample);

  child.stdin.write("\n");
});
const limit = setTimeout(() => child.kill("SIGKILL"), runMs + MAX_END_MS);
const { code, signal } = await new Promise<
  { code: number | null; signal: string | null }
>((resolve) =>
  child.once("close", (code, signal) => resolve({ code, signal }))
);
clearTimeout(limit);

const problems: string[] = [];
if (signal === "SIGKILL") problems.push("the program does not end by itself");
else if (code !== 0) problems.push(`the program ended with ${signal ?? code}`);
if (samples.length === 0) problems.push("there are no samples");
const verdict = samples.length === 0 ? undefined : judge(samples);
problems.push(...verdict?.problems ?? []);
const counts = output.split("\n").find((line) => line.startsWith("{")) ?? "{}";
const { rounds = 0, calls = 0, deaths = 0 } = JSON.parse(counts);
const lowest = (name: "threads" | "descriptors") =>
  Math.min(...samples.map((sample) => sample[name]));
console.log(
  `soak on ${HERE}: ${problems.length === 0 ? "passed" : "failed"}; ` +
    `${minutes} min, ${rounds} rounds, ${calls} calls, ${deaths} workers lost, ` +
    `memory ${verdict?.firstMb.toFixed(0)} to ${
      verdict?.lastMb.toFixed(0)
    } MiB, ` +
    `${lowest("threads")} threads, ${lowest("descriptors")} descriptors` +
    problems.map((problem) => `; ${problem}`).join(""),
);
process.exitCode = problems.length === 0 ? 0 : 1;
