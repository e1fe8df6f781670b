/**
 * How busy the workers of a runtime are.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import { readPoolLoad } from "./calls/pool_load.ts";
import type { RuntimeFacts } from "./runtime_facts.ts";

/** What a worker does. */
export interface WorkerStats {
  /** Name of its thread, such as `myapp-compute-0000`. */
  readonly name: string;
  /**
   * `"busy"`: it runs code of a call, or has results to send. `"searching"`: it has nothing to
   * do and spins. `"asleep"`: it has nothing to do but to wait, perhaps for what its calls
   * await.
   */
  readonly state: "busy" | "searching" | "asleep";
  /** Number of calls that it has begun and not ended, those that await something included. */
  readonly running: number;
}

/** How busy the workers of one kind are. */
export interface PoolStats {
  /** Number of calls that no worker has begun: those of all threads that have a slot, and
   * those of the calling thread that wait for one. */
  readonly queued: number;
  /** Number of these that wait for a slot or for memory: calls of the calling thread only. */
  readonly waiting: number;
  /** Number of calls of all threads that workers have begun and not ended. */
  readonly running: number;
  /**
   * Number of calls that workers have begun so far, modulo 2³². The difference of two readings
   * is the number of calls between them. Items of a stream may share a call.
   */
  readonly begun: number;
  /** The workers, in their order. */
  readonly workers: readonly WorkerStats[];
}

/** How busy the workers of a runtime are, at one moment. */
export interface RuntimeStats {
  /** The compute workers. */
  readonly compute: PoolStats;
  /** The event-loop workers. What runs on the main thread is not among it. */
  readonly async: PoolStats;
}

/** Reads how busy the workers are. */
export function readStats(
  endpoint: Endpoint,
  facts: RuntimeFacts,
): RuntimeStats {
  return {
    compute: readPool(endpoint, facts, 0, endpoint.compute),
    async: endpoint.async === undefined
      ? NO_WORKERS
      : readPool(endpoint, facts, 1, endpoint.async),
  };
}

const NO_WORKERS: PoolStats = {
  queued: 0,
  waiting: 0,
  running: 0,
  begun: 0,
  workers: [],
};

function readPool(
  endpoint: Endpoint,
  facts: RuntimeFacts,
  pool: 0 | 1,
  { queue }: Caller,
): PoolStats {
  const { queued, begun, workers } = readPoolLoad(endpoint, pool);
  const waiting = queue.waitingCount;
  return {
    queued: queued + waiting,
    waiting,
    running: workers.reduce((sum, { running }) => sum + running, 0),
    begun,
    workers: workers.map(({ thread, activity, running }) => ({
      name: facts.threads[thread].name,
      // A lone worker does not say that it searches.
      state: workers.length === 1 && activity === "busy" && running === 0
        ? "searching"
        : activity,
      running,
    })),
  };
}
