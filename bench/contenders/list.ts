/**
 * Every pool that a benchmark is put to, loom first.
 *
 * @module
 */

import process from "node:process";
import type { Budget, Contender, Figures } from "../harness/benchmark.ts";
import type { Pool, PoolModule } from "./pool.ts";

/** Each is loaded in its own process only: one that does not load spoils no other. */
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
  /** Leaves out pools that do not pass the test, for instance for lack of `pass`. */
  readonly without?: readonly string[];
}

/** Puts a benchmark to a pool of one worker, of each kind there is. */
export function poolContenders(
  measure: (pool: Pool, budget: Budget) => Promise<Figures>,
  { workers = 1, without = [] }: PoolOptions = {},
): Contender[] {
  return startContenders(async (module, budget) => {
    const pool = await module.start(workers);
    return await measure(pool, budget);
  }).filter(({ name }) => !without.includes(name));
}

/** Puts a benchmark to each kind of pool, not started yet. */
export function startContenders(
  measure: (module: PoolModule, budget: Budget) => Promise<Figures>,
): Contender[] {
  return Object.entries(POOLS).map(([name, load]) => ({
    name,
    missing: name === "knitting" ? missingKnitting : undefined,
    measure: async (budget) => await measure(await load(), budget),
  }));
}

function missingKnitting(): string | undefined {
  return process.env.LOOM_BENCH_KNITTING === undefined
    ? "left out: LOOM_BENCH_KNITTING does not name its module"
    : undefined;
}
