/**
 * How busy the workers of a runtime are.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import { countInFlight, readPoolLoad } from "./calls/pool_load.ts";
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

/** What `console.log()` shows of a runtime. */
export function describeRuntime(
  endpoint: Endpoint,
  { config, threads }: RuntimeFacts,
  { compute, async }: RuntimeStats,
  phase: string,
): object {
  const workers = new Map(
    [...compute.workers, ...async.workers].map((worker) =>
      [worker.name, worker] as const
    ),
  );
  return {
    name: config.prefix,
    phase,
    queued: compute.queued + async.queued,
    inFlight: countInFlight(endpoint),
    threads: threads.map(({ thread, name, cpu }) => {
      const on = cpu === null ? "" : ` on CPU ${cpu}`;
      const here = thread === endpoint.thread ? " (this thread)" : "";
      const worker = workers.get(name);
      if (worker === undefined) return `${name}${on}${here}`;
      const { state, running } = worker;
      const calls = running === 0 ? "" : `, ${running} running`;
      return `${name}${on}${here}: ${state}${calls}`;
    }),
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
