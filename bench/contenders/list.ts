/**
 * Every pool that benchmarks measure, loom first.
 *
 * @module
 */

import process from "node:process";
import type { Contender } from "../harness/benchmark.ts";
import type { Recorder } from "../harness/recorder.ts";
import type { Pool, PoolModule } from "./pool.ts";

/** Loaded in the process that measures it, so that one that fails to load affects no other. */
const POOLS: Readonly<Record<string, () => Promise<PoolModule>>> = {
  loom: () => import("./loom.ts"),
  postMessage: () => import("./raw_worker.ts"),
  piscina: () => import("./piscina.ts"),
  tinypool: () => import("./tinypool.ts"),
  workerpool: () => import("./workerpool.ts"),
  poolifier: () => import("./poolifier.ts"),
  multithreading: () => import("./multithreading.ts"),
  comlink: () => import("./comlink.ts"),
  knitting: () => import("./knitting.ts"),
};

/** Which pools, and how many workers each has. */
export interface PoolOptions {
  readonly workers?: number;
  /** Names of pools to leave out. */
  readonly without?: readonly string[];
}

/** Makes a contender of each pool, started before `measure`. */
export function poolContenders(
  measure: (pool: Pool, recorder: Recorder) => Promise<void>,
  { workers = 1, without = [] }: PoolOptions = {},
): Contender[] {
  return startContenders(async (module, recorder) =>
    await measure(await module.start(workers), recorder)
  ).filter(({ name }) => !without.includes(name));
}

/** Makes a contender of each pool; `measure` starts it. */
export function startContenders(
  measure: (module: PoolModule, recorder: Recorder) => Promise<void>,
): Contender[] {
  return Object.entries(POOLS).map(([name, load]) => ({
    name,
    missing: name === "knitting" ? missingKnitting : undefined,
    measure: async (recorder) => await measure(await load(), recorder),
  }));
}

function missingKnitting(): string | undefined {
  return process.env.LOOM_BENCH_KNITTING === undefined
    ? "LOOM_BENCH_KNITTING does not name its module"
    : undefined;
}
