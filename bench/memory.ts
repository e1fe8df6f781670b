/**
 * Measures what memory calls allocate and keep.
 *
 *     deno task bench memory        bun run bench memory
 *
 * The bytes that a call allocates, after a warm-up, by the counters of the garbage collector;
 * and the growth of memory after a million calls, or one with a large argument, once their
 * garbage is collected. "bare
 * promise" awaits promises that a microtask resolves, without any call: the least that any
 * pool allocates. See programs/memory.ts for the method.
 *
 * @module
 */

import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Benchmark, Contender, Figures } from "./harness/benchmark.ts";
import { LOOM_FLAGS } from "./harness/command_line.ts";
import { RUNTIME } from "./harness/environment.ts";
import { runBenchmark } from "./harness/main.ts";

const PROGRAM = fileURLToPath(new URL("programs/memory.ts", import.meta.url));

function contender(name: string, callee: string): Contender {
  return {
    name,
    measure: async (recorder) => {
      // JSC has no counter of what it allocated; without collections, memory grows by it.
      const withoutCollections = { BUN_JSC_useGC: "0" };
      await recorder.recordAll(
        ["number", "string", "object", "bytes"],
        () => count(callee, "allocated", withoutCollections),
      );
      await recorder.recordAll(
        ["retained", "resident"],
        () => count(callee, "retained"),
      );
      await recorder.recordAll(["large"], () => count(callee, "large"));
    },
  };
}

async function count(
  callee: string,
  what: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Figures> {
  const run = RUNTIME === "Deno"
    ? ["run", "--allow-all", "--v8-flags=--expose-gc"]
    : [];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...run, PROGRAM, callee, what, ...LOOM_FLAGS],
    { env: { ...process.env, ...env } },
  );
  return JSON.parse(stdout);
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "memory",
  title: "Memory that a call allocates and keeps",
  figures: {
    number: { label: "allocated per call with a number", unit: "bytes" },
    string: {
      label: "allocated per call with a string of 12 B",
      unit: "bytes",
    },
    object: { label: "allocated per call with a small object", unit: "bytes" },
    bytes: { label: "allocated per call with 1 KB of bytes", unit: "bytes" },
    retained: {
      label: "heap growth after a million calls",
      unit: "bytes",
    },
    resident: {
      label: "resident memory growth after a million calls",
      unit: "bytes",
    },
    large: {
      label: "resident memory growth 1 s after an argument of 200 MB",
      unit: "bytes",
    },
  },
  contenders: [
    contender("loom", "loom"),
    contender("postMessage", "raw_worker"),
    contender("bare promise", "promise"),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
