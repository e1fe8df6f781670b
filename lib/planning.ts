/**
 * From a merged configuration and the machine to a plan of each thread.
 *
 * @module
 */

import process from "node:process";
import type { ResolvedConfig } from "./config/merge.ts";
import type { ConfigKey, LoomConfig } from "./config/schema.ts";
import {
  InvalidConfigError,
  InvalidCpuSetError,
  PinningError,
} from "./errors.ts";
import { pinnedCpu } from "./affinity/thread_mask.ts";
import {
  formatCpuset,
  intersectCpus,
  parseCpuset,
  subtractCpus,
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
import type { AllowedCpus } from "./affinity/pin.ts";
import {
  Reservation,
  type SeatedThread,
  sharingWarning,
} from "./affinity/reservation.ts";
import {
  type Occupation,
  type PlacementPlan,
  planPlacement,
  resolveThreadCounts,
} from "./placement/plan.ts";
import { cpuRecords } from "./placement/topology.ts";
import { processCpus } from "./affinity/pinned_threads.ts";
import type { SpinWindows } from "./pool/parts.ts";
import { LIMITS_HEAPS } from "./pool/new_worker.ts";
import type {
  ChosenConfig,
  RuntimeFacts,
  ThreadPlan,
} from "./runtime_facts.ts";

// How long threads spin before they park, unless configured. Long enough for the next of
// several calls in a row to find the thread awake; longer windows only use more CPU.
const WORKER_SPIN_US = 100;
const CALLER_SPIN_US = 20;

/** The plan of a runtime. */
export interface RuntimePlan {
  /** What its threads will know about it. */
  readonly facts: RuntimeFacts;
  /** How long they spin before they park. */
  readonly spin: SpinWindows;
  /** Texts to show to the user. */
  readonly warnings: readonly string[];
}

/** What a plan is based on; by default this process and this machine. */
export interface PlanSources extends Occupation {
  /** CPUs that the process may use. */
  readonly allowed?: AllowedCpus;
  /** The machine. */
  readonly view?: MachineView;
}

/**
 * Decides the number, the CPUs and the names of a runtime's threads. Starts nothing.
 *
 * @throws {InvalidConfigError} If no core is of the kind that `coreKind` selects.
 * @throws {InvalidCpuSetError} If the process may not use a CPU of `cpuset`; with the
 *   policy `"intersect"`, if it may use none.
 * @throws {GpuError} If the GPU of `cudaDevice` cannot be used.
 * @throws {InsufficientCpusError} If there are more threads to pin than CPUs.
 * @throws {PinningError} If `pinThreads` is `"require"` and threads cannot be pinned.
 */
export function planRuntime(
  resolved: ResolvedConfig,
  sources: PlanSources = {},
): RuntimePlan {
  const { config } = resolved;
  const { allowed = processCpus() } = sources;
  const { view = thisMachine({ cpus: allowed.cpus }) } = sources;
  const pinning = decidePinning(config, allowed);
  const machine = view.machine(config.cudaDevice !== undefined);
  const chosenCpus = chooseCpus(config, allowed.cpus, machine, view);
  const { cpus } = chosenCpus;
  const quotaCpus = view.quotaCpus();
  const counts = resolveThreadCounts({
    ...explicitCounts(resolved),
    cpuCount: cpus.length,
    pinned: pinning.pinned,
    ...(quotaCpus === undefined ? {} : { quotaCpus }),
  });
  const topology = cpuRecords(machine, cpus);
  const placement = planPlacement(topology, cpus, counts, sources);
  const threads = threadPlans(placement, config, pinning.pinned);
  const chosen: ChosenConfig = Object.freeze({ ...config, ...counts });
  return {
    facts: {
      config: chosen,
      settings: resolved.explain().map((setting) =>
        Object.freeze({ ...setting, value: chosen[setting.key] })
      ),
      asyncCpus: placement.asyncCpus,
      computeCpus: placement.computeCpus,
      processCpus: allowed.cpus,
      effectiveCpuset: cpus,
      arrayNodes: pinning.pinned ? arrayNodes(topology, placement) : [],
      threads,
    },
    spin: spinWindows(
      resolved,
      threads.length,
      Math.min(cpus.length, quotaCpus ?? Infinity),
    ),
    warnings: [pinning.warning, chosenCpus.warning, heapWarning(config)]
      .filter((warning) => warning !== undefined),
  };
}

/**
 * Plans a runtime on CPUs that no other runtime has reserved, as far as there are any, and
 * reserves them.
 *
 * @throws What {@linkcode planRuntime} throws.
 */
export async function reservePlan(
  resolved: ResolvedConfig,
  sources: PlanSources = {},
): Promise<{ readonly plan: RuntimePlan; readonly reservation?: Reservation }> {
  const { reserve, pinThreads } = resolved.config;
  const { allowed = processCpus() } = sources;
  const mainCpu = pinThreads === "workers"
    ? undefined
    : pinnedCpu() ?? undefined;
  const known = { ...sources, allowed, mainCpu };
  if (!reserve || pinThreads === false || allowed.source !== "affinity") {
    return { plan: planRuntime(resolved, known) };
  }
  const { chosen, reservation } = await Reservation.make(
    Math.max(...allowed.cpus) + 1,
    (others) => {
      const plan = planRuntime(resolved, { ...known, others });
      const threads = pinnedThreads(plan.facts.threads);
      const cpus = threads.map(({ cpu }) => cpu);
      const warning = sharingWarning(cpus, others);
      const warnings = [
        ...plan.warnings,
        ...warning === undefined ? [] : [warning],
      ];
      return { chosen: { ...plan, warnings }, threads };
    },
  );
  return { plan: chosen, reservation };
}

function pinnedThreads(threads: readonly ThreadPlan[]): SeatedThread[] {
  return threads.flatMap(({ cpu, role }) =>
    cpu === null ? [] : [{ cpu, role, processId: process.pid }]
  );
}

/** Says that a configured limit of the heaps has no effect here. */
function heapWarning({ workerHeapMb }: LoomConfig): string | undefined {
  return workerHeapMb === undefined || LIMITS_HEAPS
    ? undefined
    : "worker_heap_mb has no effect: Bun does not limit the heaps of workers";
}

/** Whether threads will be pinned, and why not if that was configured. */
function decidePinning(
  { pinThreads }: LoomConfig,
  allowed: AllowedCpus,
): { readonly pinned: boolean; readonly warning?: string } {
  if (pinThreads === false) return { pinned: false };
  if (allowed.source === "affinity") return { pinned: true };
  if (pinThreads === "require") {
    throw new PinningError(
      `Cannot pin threads, which pinThreads("require") demands: ${allowed.warning}`,
    );
  }
  return {
    pinned: false,
    warning: allowed.isOtherSystem
      ? "threads run unpinned: pinning needs Linux; all else works"
      : `threads are not pinned: ${allowed.warning}`,
  };
}

/** The main thread, which is the first event loop; compute workers; more event loops. */
function threadPlans(
  { asyncCpus, computeCpus }: PlacementPlan,
  { prefix, pinThreads }: LoomConfig,
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
  const pins = (thread: number) =>
    pinned && !(thread === 0 && pinThreads === "workers");
  return threads.map(({ role, cpu, index }, thread) => ({
    thread,
    role,
    ...threadNames(prefix, role, index),
    cpu: pins(thread) ? cpu : null,
  }));
}

/** The allowed CPUs that `cpuset`, `cuda_device` and `core_kind` select. */
function chooseCpus(
  config: LoomConfig,
  allowed: number[],
  machine: Machine,
  view: MachineView,
): { readonly cpus: number[]; readonly warning?: string } {
  const { cpuset, cudaDevice } = config;
  const inCpuset = effectiveCpus(config, allowed);
  const near = cudaDevice === undefined
    ? { cpus: inCpuset }
    : nearGpu(locateGpu(cudaDevice, view, machine), inCpuset, {
      allowed,
      cpuset,
      machine,
    });
  return { ...near, cpus: ofKind(config.coreKind, near.cpus, machine) };
}

/** The CPUs of one kind of core. If all are of one kind, they are performance cores. */
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
    `Cannot use core_kind ${kind}: the runtime may use CPU ${
      formatCpuset(cpus)
    }, and none of them is on such a core; choose another kind, or widen the cpuset`,
  );
}

/** The CPUs that are in `cpuset` and that the process may use. */
function effectiveCpus(
  { cpuset, cpusetPolicy }: LoomConfig,
  allowed: number[],
): number[] {
  if (cpuset === undefined) return allowed;
  const configured = parseCpuset(cpuset);
  const cpus = intersectCpus(configured, allowed);
  const others = subtractCpus(configured, allowed);
  const isUsable = cpusetPolicy === "intersect"
    ? cpus.length > 0
    : others.length === 0;
  if (isUsable) return cpus;
  throw new InvalidCpuSetError(
    `Cannot use cpuset "${cpuset}": CPU ${
      formatCpuset(others)
    } does not exist, or ` +
      `the process may not use it; it may use CPU ${formatCpuset(allowed)}` +
      (cpus.length > 0
        ? `; leave the others out, or set the cpuset policy to "intersect"`
        : ""),
  );
}

/** The numbers of threads that do not come from the defaults. */
function explicitCounts(resolved: ResolvedConfig): {
  asyncThreads?: number;
  computeThreads?: number;
} {
  const keys = new Set<ConfigKey>(
    resolved.explain().filter(({ origin }) => origin.source !== "default").map((
      { key },
    ) => key),
  );
  const { asyncThreads, computeThreads } = resolved.config;
  return {
    ...(keys.has("asyncThreads") ? { asyncThreads } : {}),
    ...(computeThreads === undefined ? {} : { computeThreads }),
  };
}

/** If threads share CPUs, a thread that spins delays the one that it waits for. */
function spinWindows(
  { config }: ResolvedConfig,
  threadCount: number,
  cpuCount: number,
): SpinWindows {
  const sharesCpus = threadCount > cpuCount;
  const workerUs = config.workerSpinUs ?? (sharesCpus ? 0 : WORKER_SPIN_US);
  const callerUs = config.callerSpinUs ?? (sharesCpus ? 0 : CALLER_SPIN_US);
  return {
    workerUs,
    callerUs,
    fillsCpus: threadCount >= cpuCount && callerUs > 0,
  };
}
