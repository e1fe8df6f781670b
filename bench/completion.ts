/**
 * Measures how late the result of a long call arrives, and the CPU time of waiting for it.
 *
 *     deno task bench completion        bun run bench completion
 *
 * A call computes for 0.1 to 50 ms by its own clock, on the one worker of a pool, one call
 * after another. The delay is the time of the call on the calling thread beyond that, in both
 * directions together. CPU time is that of the whole process, beyond the computing itself,
 * and without any calls.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { poolContenders } from "./contenders/list.ts";
import type { Pool } from "./contenders/pool.ts";
import type { Benchmark, Budget } from "./harness/benchmark.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { medianUs } from "./harness/timing.ts";

/** Lengths of the calls in milliseconds, by the key of their figure. */
const LENGTHS = { delay01: 0.1, delay1: 1, delay10: 10, delay50: 50 };
const WAITED_CALLS = 20;
const WAITED_CALL_MS = 50;
/** The pool is idle for so many times the time of a figure. */
const IDLE_FIGURES = 5;

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function cpuWhileWaiting(pool: Pool): Promise<number> {
  const before = cpuMs();
  for (let i = 0; i < WAITED_CALLS; i++) await pool.busy(WAITED_CALL_MS);
  const computing = WAITED_CALLS * WAITED_CALL_MS;
  return (cpuMs() - before - computing) / computing * 1000;
}

async function cpuWhileIdle({ figureMs }: Budget): Promise<number> {
  const before = cpuMs();
  await sleep(IDLE_FIGURES * figureMs);
  return (cpuMs() - before) / (IDLE_FIGURES * figureMs) * 10_000;
}

async function measure(pool: Pool, recorder: Recorder): Promise<void> {
  for (const [key, ms] of Object.entries(LENGTHS)) {
    await recorder.record(
      key,
      async () => await medianUs(() => pool.busy(ms), recorder) - ms * 1000,
    );
  }
  await recorder.record("waitingCpu", () => cpuWhileWaiting(pool));
  await recorder.record("idleCpu", () => cpuWhileIdle(recorder));
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "completion",
  title: "Delay of the result of a long call",
  figures: {
    delay01: { label: "delay of a call of 0.1 ms", unit: "us", at: 0.1 },
    delay1: { label: "delay of a call of 1 ms", unit: "us", at: 1 },
    delay10: { label: "delay of a call of 10 ms", unit: "us", at: 10 },
    delay50: { label: "delay of a call of 50 ms", unit: "us", at: 50 },
    waitingCpu: {
      label: "CPU time in 1 s beyond the computing, calls of 50 ms",
      unit: "ms",
    },
    idleCpu: {
      label: "CPU time in 10 s without calls",
      unit: "ms",
    },
  },
  contenders: poolContenders(measure),
};

if (import.meta.main) await runBenchmark(benchmark);
