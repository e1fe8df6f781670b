/**
 * How busy the workers of a runtime are.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import { readPoolLoad } from "./calls/pool_load.ts";
import type { PoolStats, RuntimeStats } from "./handles.ts";
import type { RuntimeFacts } from "./runtime_facts.ts";

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
