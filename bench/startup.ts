/**
 * Measures how long it takes until workers run.
 *
 *     deno task bench startup        bun run bench startup
 *
 * Each start is the first of a fresh process, which includes compiling; that is what users
 * of a program wait for. A start ends when as many calls as there are workers are answered.
 * `postMessage` is a bare `Worker` that answers one message. Only the last figure is about
 * later starts: the median of five more in one process.
 *
 * @module
 */

import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { POOLS } from "./contenders/list.ts";
import { loomRsContender, nativeContender } from "./contenders/native.ts";
import type { Benchmark, Contender, Figures } from "./harness/benchmark.ts";
import { errorLine } from "./harness/child.ts";
import { LOOM_FLAGS } from "./harness/command_line.ts";
import { RUNTIME } from "./harness/environment.ts";
import { runBenchmark } from "./harness/main.ts";
import { parseEvents, type Recorder } from "./harness/recorder.ts";
import { median } from "./harness/statistics.ts";

const PROGRAM = fileURLToPath(new URL("programs/startup.ts", import.meta.url));
/** Fresh processes for each figure of a round. */
const PROCESSES = 3;
const WORKERS = [1, 2, 4];

/** A process that takes longer is taken to hang. */
const LIMIT_MS = 20_000;

/** The figures of one process: those that it measured before it ended or failed. */
interface Start {
  readonly figures: Figures;
  readonly problem?: string;
}

async function measure(pool: string, recorder: Recorder): Promise<void> {
  for (const workers of WORKERS) {
    const starts: Start[] = [];
    for (let i = 0; i < PROCESSES; i++) starts.push(await start(pool, workers));
    for (const key of keysOf(pool, workers)) {
      await recorder.record(key, () => Promise.resolve(medianOf(key, starts)));
    }
  }
}

function keysOf(pool: string, workers: number): string[] {
  if (workers > 1) return [`start${workers}`];
  const keys = ["ready", "start1", "shutdown", "again"];
  return POOLS[pool].library === undefined ? keys : ["import", ...keys];
}

function medianOf(key: string, starts: readonly Start[]): number {
  return median(starts.map(({ figures, problem }) => {
    if (key in figures) return figures[key];
    throw new Error(problem ?? "the process ended before it was measured");
  }));
}

/** Starts a pool in a fresh process. */
async function start(pool: string, workers: number): Promise<Start> {
  const run = RUNTIME === "Deno" ? ["run", "--allow-all", "--quiet"] : [];
  const args = [...run, PROGRAM, pool, String(workers), ...LOOM_FLAGS];
  try {
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      timeout: LIMIT_MS,
      killSignal: "SIGKILL",
    });
    return { figures: parseFigures(stdout) };
  } catch (error) {
    const { stdout = "", stderr = "", killed } = error as {
      stdout?: string;
      stderr?: string;
      killed?: boolean;
    };
    const problem = killed
      ? `not done after ${LIMIT_MS / 1000} s`
      : errorLine(stderr);
    return { figures: parseFigures(stdout), problem };
  }
}

function parseFigures(output: string): Figures {
  return Object.assign(
    {},
    ...parseEvents(output).map((event) =>
      event.kind === "measured" ? event.figures : {}
    ),
  );
}

function contenders(): Contender[] {
  return Object.entries(POOLS).map(([name, { missing }]) => ({
    name,
    missing,
    measure: (recorder) => measure(name, recorder),
  }));
}

const NATIVE_RUNS = WORKERS.map((count) => ["--workers", String(count)]);
const STARTS = WORKERS.map((count) => `start${count}`);

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "startup",
  title: "Start-up of a process until workers run",
  figures: {
    import: { label: "import of the library", unit: "ms", at: 0 },
    ready: { label: "import and one worker's first answer", unit: "ms", at: 1 },
    start1: { label: "one worker's first answer", unit: "ms", at: 2 },
    start2: { label: "first answers of two workers", unit: "ms", at: 3 },
    start4: { label: "first answers of four workers", unit: "ms", at: 4 },
    shutdown: { label: "shutdown of one worker", unit: "ms", at: 5 },
    again: { label: "one worker, later starts of a process", unit: "ms" },
  },
  contenders: [
    ...contenders(),
    nativeContender("startup", STARTS, NATIVE_RUNS),
    loomRsContender("startup", STARTS, NATIVE_RUNS),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
