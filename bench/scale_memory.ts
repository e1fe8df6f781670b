/**
 * Measures how much memory workers, functions and waiting calls take.
 *
 *     deno task bench scale_memory        bun run bench scale_memory
 *
 * The growth of resident memory from before the pool was loaded to a second after each worker
 * had answered a call, divided by the number of workers; then for each of 1,000 functions that
 * were called, and for each of 1,000,000 calls that wait at once, with their promises.
 * `postMessage` is a bare `Worker` that answers one message: the least that the runtime
 * needs. See programs/scale_memory.ts.
 *
 * @module
 */

import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type {
  Benchmark,
  Contender,
  Figure,
  Figures,
} from "./harness/benchmark.ts";
import { LOOM_FLAGS } from "./harness/command_line.ts";
import { RUNTIME } from "./harness/environment.ts";
import { runBenchmark } from "./harness/main.ts";

const PROGRAM = fileURLToPath(
  new URL("programs/scale_memory.ts", import.meta.url),
);
const WORKERS = [1, 4, 16, 64];

function contender(name: string, others: readonly string[] = []): Contender {
  return {
    name,
    measure: async (recorder) => {
      for (const workers of WORKERS) {
        await recorder.recordAll(
          [`workers${workers}`],
          () => run(name, `workers${workers}`),
        );
      }
      for (const what of others) {
        await recorder.recordAll([what], () => run(name, what));
      }
    },
  };
}

async function run(name: string, what: string): Promise<Figures> {
  const args = RUNTIME === "Deno" ? ["run", "--allow-all"] : [];
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...args, PROGRAM, name, what, ...LOOM_FLAGS],
  );
  return JSON.parse(stdout);
}

function workersFigure(at: number): [string, Figure] {
  const label = at === 1 ? "of 1 worker" : `of each of ${at} workers`;
  return [`workers${at}`, { label, unit: "bytes", at }];
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "scale_memory",
  title: "Resident memory by the number of workers, functions and calls",
  figures: {
    ...Object.fromEntries(WORKERS.map(workersFigure)),
    functions: { label: "of each of 1,000 functions", unit: "bytes" },
    calls: { label: "of each of 1,000,000 waiting calls", unit: "bytes" },
  },
  contenders: [
    contender("loom", ["functions", "calls"]),
    contender("postMessage"),
    contender("piscina"),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
