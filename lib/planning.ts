/**
 * From a merged configuration and the machine to what each thread will be.
 *
 * @module
 */

import type { ResolvedConfig } from "./config/merge.ts";
import type { ConfigKey } from "./config/schema.ts";
import { InvalidCpuSetError, PinningError } from "./errors.ts";
import type { RuntimeFacts, ThreadPlan } from "./handshake.ts";
import {
  formatCpuset,
  intersectCpus,
  parseCpuset,
} from "./placement/cpuset.ts";
import { threadNames } from "./placement/names.ts";
import { planPlacement, resolveThreadCounts } from "./placement/plan.ts";
import { readTopology } from "./placement/topology.ts";
import { processCpus } from "./pool/main_thread.ts";
import type { SpinWindows } from "./pool/pool.ts";

// Measured with bench/bridge.ts: shorter windows let calls in a row meet a sleeping
// thread, longer ones gain nothing and burn CPU.
const WORKER_SPIN_US = 100;
const CALLER_SPIN_US = 20;

/** A runtime that could be started. */
export interface RuntimePlan {
  /** What its threads will know. */
  readonly facts: RuntimeFacts;
  /** How long they spin. */
  readonly spin: SpinWindows;
  /** What the user should know. */
  readonly warnings: readonly string[];
}

/** Decides numbers, CPUs and names of a runtime's threads; starts nothing. */
export function planRuntime(resolved: ResolvedConfig): RuntimePlan {
  const { config } = resolved;
  const allowed = processCpus();
  const warnings: string[] = [];
  let { pinThreads } = config;
  if (pinThreads !== false && allowed.source !== "affinity") {
    if (pinThreads === "require") {
      throw new PinningError(
        `Cannot pin threads, which pinThreads("require") demands: ${allowed.warning}`,
      );
    }
    warnings.push(`threads are not pinned: ${allowed.warning}`);
    pinThreads = false;
  }
  if (config.cudaDevice !== undefined) {
    warnings.push("cuda_device has no effect yet: no CPU was chosen by it");
  }
  const cpus = effectiveCpus(config.cpuset, allowed.cpus);
  const counts = resolveThreadCounts({
    ...explicitCounts(resolved),
    cpuCount: cpus.length,
    pinned: config.pinThreads !== false,
  });
  const placement = planPlacement(readTopology(cpus), cpus, counts);
  const pinned = pinThreads !== false;
  const threads = [
    ...placement.computeCpus.map((cpu, index) => ({
      role: "compute" as const,
      cpu,
      index,
    })),
    ...placement.asyncCpus.map((cpu, index) => ({
      role: "async" as const,
      cpu,
      index,
    })),
  ];
  // The main thread is the first event loop; the other event loops come last.
  threads.unshift(...threads.splice(counts.computeThreads, 1));
  const chosen = Object.freeze({ ...config, ...counts });
  return {
    facts: {
      config: chosen,
      settings: resolved.explain().map((setting) =>
        Object.freeze({ ...setting, value: chosen[setting.key] })
      ),
      asyncCpus: placement.asyncCpus,
      computeCpus: placement.computeCpus,
      effectiveCpuset: cpus,
      threads: threads.map(({ role, cpu, index }, thread): ThreadPlan => ({
        thread,
        role,
        ...threadNames(config.prefix, role, index),
        cpu: pinned ? cpu : null,
      })),
    },
    spin: spinWindows(resolved, threads.length, cpus.length),
    warnings,
  };
}

/** What the process may use, within the cpuset. */
function effectiveCpus(
  cpuset: string | undefined,
  allowed: number[],
): number[] {
  if (cpuset === undefined) return allowed;
  const asked = parseCpuset(cpuset);
  const cpus = intersectCpus(asked, allowed);
  if (cpus.length > 0) return cpus;
  throw new InvalidCpuSetError(
    `Cannot use cpuset "${cpuset}": it is CPU ${
      formatCpuset(asked)
    }, and the process may ` +
      `use CPU ${formatCpuset(allowed)}; they have none in common`,
  );
}

/** The numbers of threads that somebody asked for. */
function explicitCounts(resolved: ResolvedConfig): {
  asyncThreads?: number;
  computeThreads?: number;
} {
  const asked = new Set<ConfigKey>(
    resolved.explain().filter(({ origin }) => origin.source !== "default").map((
      { key },
    ) => key),
  );
  const { asyncThreads, computeThreads } = resolved.config;
  return {
    ...(asked.has("asyncThreads") ? { asyncThreads } : {}),
    ...(computeThreads === undefined ? {} : { computeThreads }),
  };
}

/** A thread that spins where another one wants to run only delays what it waits for. */
function spinWindows(
  { config }: ResolvedConfig,
  threadCount: number,
  cpuCount: number,
): SpinWindows {
  const crowded = threadCount > cpuCount;
  return {
    workerUs: config.workerSpinUs ?? (crowded ? 0 : WORKER_SPIN_US),
    callerUs: config.callerSpinUs ?? (crowded ? 0 : CALLER_SPIN_US),
  };
}
