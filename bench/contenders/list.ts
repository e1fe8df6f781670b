/**
 * Every pool that a question is put to, loom first.
 *
 * @module
 */

import process from "node:process";
import type { Budget, Figures, Subject } from "../harness/benchmark.ts";
import type { Peer, Pool } from "./pool.ts";

/** Each is loaded in its own process only: one that does not load spoils no other. */
const PEERS: Readonly<Record<string, () => Promise<Peer>>> = {
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

/** Puts a question to a pool of one worker, of each kind there is. */
export function poolSubjects(
  measure: (pool: Pool, budget: Budget) => Promise<Figures>,
  { workers = 1, without = [] }: PoolOptions = {},
): Subject[] {
  return peerSubjects(async (peer, budget) => {
    const pool = await peer.start(workers);
    return await measure(pool, budget);
  }).filter(({ name }) => !without.includes(name));
}

/** Puts a question to each kind of pool, not started yet. */
export function peerSubjects(
  measure: (peer: Peer, budget: Budget) => Promise<Figures>,
): Subject[] {
  return Object.entries(PEERS).map(([name, load]) => ({
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
