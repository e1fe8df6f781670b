/**
 * Measures calls beside other programs, with and without pinning and reservation.
 *
 *     deno task bench neighbours        bun run bench neighbours
 *
 * A call is `(n) => n + 1` on one worker, each awaited before the next: alone, and beside a
 * program that keeps one CPU busy and is not pinned. Then the same for a call that computes
 * for 5 ms by the clock, of which the delay of the result is measured. And a computation of
 * a few milliseconds, beside a program that is pinned to the CPU planned for the worker.
 *
 * The last figure is from two programs that start at the same time, each with one worker and
 * two calls in flight that do the same computation. It is the time
 * for one of these calls, over both programs together: with a CPU for each worker it is half
 * of that with one CPU for both.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { LoomBuilder, type LoomRuntime } from "../mod.ts";
import { addOne, busy } from "./contenders/tasks.ts";
import type { Benchmark, Budget, Contender } from "./harness/benchmark.ts";
import { RUNTIME } from "./harness/environment.ts";
import { LOOM_ARGS, LOOM_FLAGS } from "./harness/command_line.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { medianUs, percentiles } from "./harness/timing.ts";
import { compute, ROUNDS } from "./programs/compute.ts";

const LONG_CALL_MS = 5;
/** The two programs run for so many times the time of a figure: they take time to start. */
const REPLICA_FIGURES = 4;

/** Settings that differ between the contenders. */
interface Settings {
  readonly pinThreads: boolean | "workers";
  readonly reserve: boolean;
}

function start(program: string, ...args: string[]): ChildProcess {
  const [command, ...rest] = commandLine(program, ...args);
  return spawn(command, rest, { stdio: ["ignore", "pipe", "inherit"] });
}

function commandLine(program: string, ...args: string[]): string[] {
  const path = fileURLToPath(new URL(`programs/${program}`, import.meta.url));
  const run = RUNTIME === "Deno" ? ["run", "--allow-all"] : [];
  return [process.execPath, ...run, path, ...args, ...LOOM_FLAGS];
}

/**
 * Runs `fn` beside a program that computes all the time.
 *
 * @param cpu The CPU that the program stays on; by default the kernel moves it.
 */
async function besideBusyProgram<T>(
  fn: () => Promise<T>,
  cpu?: number,
): Promise<T> {
  const under = cpu === undefined ? [] : ["taskset", "-c", String(cpu)];
  const [command, ...args] = [...under, ...commandLine("busy.ts")];
  const neighbour = spawn(command, args, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(neighbour.stdout!, "data");
  try {
    return await fn();
  } finally {
    neighbour.kill("SIGKILL");
    await once(neighbour, "exit");
  }
}

async function measureCalls(
  runtime: LoomRuntime,
  recorder: Recorder,
): Promise<void> {
  let n = 0;
  const small = () =>
    percentiles(() => runtime.spawnCompute(addOne, n++), recorder);
  const long = () =>
    percentiles(() => runtime.spawnCompute(busy, LONG_CALL_MS), recorder);
  await recorder.recordAll(["alone50", "alone99"], async () => {
    const { p50, p99 } = await small();
    return { alone50: p50, alone99: p99 };
  });
  await recorder.recordAll(["beside50", "beside99"], async () => {
    const { p50, p99 } = await besideBusyProgram(small);
    return { beside50: p50, beside99: p99 };
  });
  await recorder.recordAll(["delay50", "delay90"], async () => {
    const { p50, p90 } = await besideBusyProgram(long);
    const delay = (us: number) => us - LONG_CALL_MS * 1000;
    return { delay50: delay(p50), delay90: delay(p90) };
  });
  await recorder.record("clash", () => clash(runtime, recorder));
}

/** The milliseconds for a computation while another program uses the worker's CPU. */
async function clash(
  runtime: LoomRuntime,
  recorder: Recorder,
): Promise<number> {
  const [cpu] = runtime.computeCpus;
  const us = await besideBusyProgram(
    () => medianUs(() => runtime.spawnCompute(compute, ROUNDS), recorder),
    cpu,
  );
  return us / 1000;
}

/** The milliseconds for one call of two programs that run at the same time. */
async function twoReplicas(
  { pinThreads, reserve }: Settings,
  { figureMs }: Budget,
): Promise<number> {
  const ms = REPLICA_FIGURES * figureMs;
  const args = [String(ms), JSON.stringify({ pinThreads, reserve })];
  const counts = await Promise.all(
    [1, 2].map(async () =>
      Number(await text(start("replica.ts", ...args).stdout!))
    ),
  );
  return ms / (counts[0] + counts[1]);
}

function contender(name: string, settings: Settings): Contender {
  return {
    name,
    async measure(recorder) {
      // First, while this process has not reserved CPUs.
      await recorder.record("replicas", () => twoReplicas(settings, recorder));
      await using runtime = await new LoomBuilder().computeThreads(1)
        .pinThreads(settings.pinThreads).reserve(settings.reserve)
        .withCliArgs(LOOM_ARGS).build();
      await measureCalls(runtime, recorder);
    },
  };
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "neighbours",
  title: "Calls beside other programs",
  figures: {
    alone50: { label: "small call alone, p50", unit: "us" },
    alone99: { label: "small call alone, p99", unit: "us" },
    beside50: { label: "small call beside a busy program, p50", unit: "us" },
    beside99: { label: "small call beside a busy program, p99", unit: "us" },
    delay50: {
      label: "delay of a 5 ms call beside a busy program, p50",
      unit: "us",
    },
    delay90: {
      label: "delay of a 5 ms call beside a busy program, p90",
      unit: "us",
    },
    clash: {
      label: "computation beside a program that stays on the worker's CPU",
      unit: "ms",
    },
    replicas: { label: "two programs at once, per call", unit: "ms" },
  },
  contenders: [
    contender("loom", { pinThreads: true, reserve: true }),
    contender("only workers pinned", { pinThreads: "workers", reserve: true }),
    contender("without reservation", { pinThreads: true, reserve: false }),
    contender("not pinned", { pinThreads: false, reserve: false }),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
