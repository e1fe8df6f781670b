/**
 * From a merged configuration and the machine to what each thread will be.
 *
 * @module
 */

import type { ResolvedConfig } from "./config/merge.ts";
import type { ConfigKey, LoomConfig } from "./config/schema.ts";
import {
  InvalidConfigError,
  InvalidCpuSetError,
  PinningError,
} from "./errors.ts";
import {
  formatCpuset,
  intersectCpus,
  parseCpuset,
} from "./placement/cpuset.ts";
import { efficiencyCpus } from "./placement/core_kinds.ts";
import { locateGpu, nearGpu } from "./placement/gpu.ts";
import {
  type Machine,
  type MachineView,
  thisMachine,
} from "./placement/machine.ts";
import { arrayNodes } from "./placement/memory.ts";
import { threadNames } from "./placement/names.ts";
import type { AllowedCpus } from "./placement/pin.ts";
import {
  type PlacementPlan,
  planPlacement,
  resolveThreadCounts,
} from "./placement/plan.ts";
import { cpuRecords } from "./placement/topology.ts";
import { processCpus } from "./pool/affinity.ts";
import type { SpinWindows } from "./pool/pool.ts";
import type {
  ChosenConfig,
  RuntimeFacts,
  ThreadPlan,
} from "./runtime_facts.ts";

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

/** Where a plan comes from; by default from this process and this machine. */
export interface PlanSources {
  /** CPUs that the process may use. */
  readonly allowed?: AllowedCpus;
  /** The machine. */
  readonly view?: MachineView;
}

/** Decides numbers, CPUs and names of a runtime's threads; starts nothing. */
export function planRuntime(
  resolved: ResolvedConfig,
  sources: PlanSources = {},
): RuntimePlan {
  const { config } = resolved;
  const { allowed = processCpus() } = sources;
  const { view = thisMachine({ cpus: allowed.cpus }) } = sources;
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
  const machine = view.machine(config.cudaDevice !== undefined);
  const chosenCpus = chooseCpus(config, allowed.cpus, machine, view);
  const { cpus } = chosenCpus;
  if (chosenCpus.warning !== undefined) warnings.push(chosenCpus.warning);
  const quotaCpus = view.quotaCpus();
  const counts = resolveThreadCounts({
    ...explicitCounts(resolved),
    cpuCount: cpus.length,
    pinned: config.pinThreads !== false,
    ...(quotaCpus === undefined ? {} : { quotaCpus }),
  });
  const topology = cpuRecords(machine, cpus);
  const placement = planPlacement(topology, cpus, counts);
  const pinned = pinThreads !== false;
  const threads = threadPlans(placement, config.prefix, pinned);
  const chosen: ChosenConfig = Object.freeze({ ...config, ...counts });
  return {
    facts: {
      config: chosen,
      settings: resolved.explain().map((setting) =>
        Object.freeze({ ...setting, value: chosen[setting.key] })
      ),
      asyncCpus: placement.asyncCpus,
      computeCpus: placement.computeCpus,
      effectiveCpuset: cpus,
      arrayNodes: pinned ? arrayNodes(topology, placement) : [],
      threads,
    },
    spin: spinWindows(
      resolved,
      threads.length,
      Math.min(cpus.length, quotaCpus ?? Infinity),
    ),
    warnings,
  };
}

/** The main thread, which is the first event loop; compute workers; the other event loops. */
function threadPlans(
  { asyncCpus, computeCpus }: PlacementPlan,
  prefix: string,
  pinned: boolean,
): ThreadPlan[] {
  const threads = [
    ...computeCpus.map((cpu, index) => ({
      role: "compute" as const,
      cpu,
      index,
    })),
    ...asyncCpus.map((cpu, index) => ({ role: "async" as const, cpu, index })),
  ];
  threads.unshift(...threads.splice(computeCpus.length, 1));
  return threads.map(({ role, cpu, index }, thread) => ({
    thread,
    role,
    ...threadNames(prefix, role, index),
    cpu: pinned ? cpu : null,
  }));
}

/** What is left of the allowed CPUs after `cpuset`, `cuda_device` and `core_kind`. */
function chooseCpus(
  config: LoomConfig,
  allowed: number[],
  machine: Machine,
  view: MachineView,
): { readonly cpus: number[]; readonly warning?: string } {
  const { cpuset, cudaDevice } = config;
  const inCpuset = effectiveCpus(cpuset, allowed);
  const near = cudaDevice === undefined
    ? { cpus: inCpuset }
    : nearGpu(locateGpu(cudaDevice, view, machine), inCpuset, {
      allowed,
      cpuset,
      machine,
    });
  return { ...near, cpus: ofKind(config.coreKind, near.cpus, machine) };
}

/** The CPUs of one kind of core. Where all are alike they are performance cores. */
function ofKind(
  kind: LoomConfig["coreKind"],
  cpus: number[],
  machine: Machine,
): number[] {
  if (kind === "any") return cpus;
  const efficiency = efficiencyCpus(machine.kinds);
  const kept = cpus.filter((cpu) =>
    efficiency.has(cpu) === (kind === "efficiency")
  );
  if (kept.length > 0) return kept;
  throw new InvalidConfigError(
    `Cannot use core_kind ${kind}: CPU ${
      formatCpuset(cpus)
    } are left to choose from, and none of them is on such a core`,
  );
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
