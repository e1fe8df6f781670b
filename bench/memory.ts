/**
 * What does a call leave behind?
 *
 *     deno task bench memory        bun run bench memory
 *
 * Bytes allocated for each of a million calls, after warm-up, by the collector's own
 * counters, and what is still there when all of them are done and collected. "bare promise"
 * awaits as many promises that are resolved in a microtask, without any call: what nobody
 * can do without. See programs/memory.ts for how it is counted.
 *
 * @module
 */

import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Benchmark, Contender, Figures } from "./harness/benchmark.ts";
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
    [...run, PROGRAM, callee, what],
    { env: { ...process.env, ...env } },
  );
  return JSON.parse(stdout);
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "memory",
  title: "What does a call leave behind?",
  figures: {
    number: { label: "allocated per call with a number", unit: "bytes" },
    string: {
      label: "allocated per call with a string of 12 B",
      unit: "bytes",
    },
    object: { label: "allocated per call with a small object", unit: "bytes" },
    bytes: { label: "allocated per call with 1 KB of bytes", unit: "bytes" },
    retained: {
      label: "heap still in use after a million calls, more than before",
      unit: "bytes",
    },
    resident: {
      label: "resident memory after a million calls, more than before",
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
