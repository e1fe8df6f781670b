/**
 * Every pool that benchmarks measure, loom first.
 *
 * @module
 */

import process from "node:process";
import type { Contender } from "../harness/benchmark.ts";
import type { Recorder } from "../harness/recorder.ts";
import type { Pool, PoolModule } from "./pool.ts";

/**
 * A pool, loaded in the process that measures it, so that one that fails to load affects no
 * other.
 */
interface LazyPool {
  readonly load: () => Promise<PoolModule>;
  /** Loads what a program imports in order to use it; a bare Worker needs nothing. */
  readonly library?: () => Promise<unknown>;
  /** Returns why it cannot be measured on this machine; undefined when it can. */
  readonly missing?: () => string | undefined;
}

/** The pools by their names. */
export const POOLS: Readonly<Record<string, LazyPool>> = {
  loom: {
    load: () => import("./loom.ts"),
    library: () => import("../../mod.ts"),
  },
  postMessage: { load: () => import("./raw_worker.ts") },
  piscina: {
    load: () => import("./piscina.ts"),
    library: () => import("piscina"),
  },
  tinypool: {
    load: () => import("./tinypool.ts"),
    library: () => import("tinypool"),
  },
  workerpool: {
    load: () => import("./workerpool.ts"),
    library: () => import("workerpool"),
  },
  poolifier: {
    load: () => import("./poolifier.ts"),
    library: () => import("poolifier"),
  },
  multithreading: {
    load: () => import("./multithreading.ts"),
    library: () => import("multithreading"),
  },
  comlink: {
    load: () => import("./comlink.ts"),
    library: () => import("comlink"),
  },
  knitting: {
    load: () => import("./knitting.ts"),
    library: () => import("./knitting_module.ts"),
    missing: missingKnitting,
  },
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
  return Object.entries(POOLS)
    .filter(([name]) => !without.includes(name))
    .map(([name, { load, missing }]) => ({
      name,
      missing,
      measure: async (recorder) => {
        const { start } = await load();
        await measure(await start(workers), recorder);
      },
    }));
}

function missingKnitting(): string | undefined {
  return process.env.LOOM_BENCH_KNITTING === undefined
    ? "LOOM_BENCH_KNITTING does not name its module"
    : undefined;
}
