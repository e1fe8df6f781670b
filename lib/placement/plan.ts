/**
 * Assigns a CPU to each thread: a pure function of topology, allowed CPUs and counts.
 *
 * The allowed CPUs are used in the order of package, NUMA node, L3 cache, core and CPU, so
 * that threads fill one L3 group after another and one node after another. The first node
 * with a core for every thread comes before all others, so a runtime that fits into one node
 * stays in it.
 *
 * The rules, for each thread in turn, event loops before compute workers:
 *
 * 1. Prefer an unused CPU. One PU of each core comes before the second one, and performance
 *    cores come before efficiency cores.
 * 2. A compute worker that needs a second PU prefers the sibling of another compute worker
 *    to the sibling of an event loop.
 * 3. When all CPUs are in use, an event loop gets the CPU with the fewest event loops. A
 *    compute worker gets the CPU with the fewest compute workers, so it shares a CPU with an
 *    event loop, which mostly waits, before it shares one with another compute worker.
 * 4. Threads of other runtimes come before all that: a CPU with fewer of them is preferred,
 *    then one with fewer of the same role, then a core with fewer of them.
 *
 * @module
 */

import { InsufficientCpusError } from "../errors.ts";
import type { ThreadRole } from "./names.ts";
import { compareRecords, type CpuRecord, flatTopology } from "./topology.ts";

/** The CPU of each thread, by the thread's index. */
export interface PlacementPlan {
  /** CPUs of the event loops; the first is the main thread's. */
  readonly asyncCpus: number[];
  /** CPUs of the compute workers. */
  readonly computeCpus: number[];
}

/** How many threads of each kind there are. */
export interface ThreadCounts {
  /** Event loops, including that of the main thread. */
  readonly asyncThreads: number;
  /** Compute workers. */
  readonly computeThreads: number;
}

/** A thread of another runtime. */
export interface OtherThread {
  /** The CPU that it is pinned to. */
  readonly cpu: number;
  /** Event loop or compute worker. */
  readonly role: ThreadRole;
}

/** What runs on the CPUs already. */
export interface Occupation {
  /** Pinned threads of other runtimes; none by default. */
  readonly others?: readonly OtherThread[];
  /** The CPU that the main thread is pinned to by another runtime, and stays on. */
  readonly mainCpu?: number | undefined;
}

/** The input of {@linkcode resolveThreadCounts}. */
export interface ThreadCountRequest {
  /** Requested event loops; defaults to 1. */
  readonly asyncThreads?: number;
  /** Requested compute workers; defaults to one for each remaining CPU. */
  readonly computeThreads?: number;
  /** Number of CPUs that the threads may use. */
  readonly cpuCount: number;
  /** Whether the threads will be pinned. */
  readonly pinned: boolean;
  /** The CPU quota of the cgroup in CPUs; undefined if there is none. */
  readonly quotaCpus?: number;
}

/**
 * Fills in the defaults: 1 event loop, and a compute worker on each remaining CPU, at least
 * 1. A quota limits the default, since the kernel would throttle more busy threads. If there
 * is only one CPU, an event loop and a compute worker share it.
 *
 * @throws {InsufficientCpusError} If threads are pinned and more are requested than there
 * are CPUs.
 *
 * @example Usage
 * ```ts
 * import { resolveThreadCounts } from "./plan.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(
 *   resolveThreadCounts({ cpuCount: 8, pinned: true }),
 *   { asyncThreads: 1, computeThreads: 7 },
 * );
 * ```
 */
export function resolveThreadCounts(request: ThreadCountRequest): ThreadCounts {
  const { cpuCount, pinned } = request;
  const requested = (request.asyncThreads ?? 0) + (request.computeThreads ?? 0);
  if (pinned && requested > cpuCount) {
    throw new InsufficientCpusError(requested, cpuCount);
  }
  const asyncThreads = request.asyncThreads ?? 1;
  const busyCount = Math.min(
    cpuCount,
    Math.max(Math.floor(request.quotaCpus ?? cpuCount), 1),
  );
  const computeThreads = request.computeThreads ??
    Math.max(busyCount - asyncThreads, 1);
  return { asyncThreads, computeThreads };
}

/**
 * Assigns a CPU of `allowedCpus` to every thread by the rules at the top of this file.
 *
 * An allowed CPU without a record counts as a core of its own. Without any allowed CPU the
 * plan is empty.
 *
 * @example Usage
 * ```ts
 * import { planPlacement } from "./plan.ts";
 * import { flatTopology } from "./topology.ts";
 * import assert from "node:assert/strict";
 *
 * const plan = planPlacement(flatTopology([0, 1, 2]), [0, 1, 2], {
 *   asyncThreads: 1,
 *   computeThreads: 2,
 * });
 * assert.deepEqual(plan, { asyncCpus: [0], computeCpus: [1, 2] });
 * ```
 */
export function planPlacement(
  topology: readonly CpuRecord[],
  allowedCpus: readonly number[],
  counts: ThreadCounts,
  { others = [], mainCpu }: Occupation = {},
): PlacementPlan {
  const candidates = listCandidates(topology, allowedCpus);
  countOthers(candidates, others);
  if (candidates.length === 0) return { asyncCpus: [], computeCpus: [] };
  const order = fittingNodeFirst(
    candidates,
    counts.asyncThreads + counts.computeThreads,
  );
  const forEventLoops = byRank(order, (candidate) => [
    candidate.others.length,
    countOf("async", candidate.others),
    candidate.core.others,
    candidate.siblingIndex,
    Number(candidate.record.isEfficiency),
  ]);
  const asyncCpus = assignInTurn(
    byRank(forEventLoops, ({ record }) => [Number(record.cpu !== mainCpu)]),
    counts.asyncThreads,
    (candidate) => {
      candidate.eventLoops++;
      candidate.core.eventLoops++;
    },
  );
  const forComputeWorkers = byRank(order, (candidate) => [
    candidate.others.length + candidate.eventLoops,
    countOf("compute", candidate.others),
    candidate.eventLoops,
    candidate.core.others,
    candidate.siblingIndex,
    candidate.core.eventLoops,
    Number(candidate.record.isEfficiency),
  ]);
  const computeCpus = assignInTurn(forComputeWorkers, counts.computeThreads);
  return { asyncCpus, computeCpus };
}

/** An allowed CPU to which threads can be assigned. */
interface Candidate {
  readonly record: CpuRecord;
  /** 0 for the first allowed PU of its core, 1 for the second, and so on. */
  readonly siblingIndex: number;
  readonly core: { eventLoops: number; cpus: number; others: number };
  eventLoops: number;
  /** The roles of other runtimes' threads on it. */
  readonly others: ThreadRole[];
}

/** The allowed CPUs in topology order. */
function listCandidates(
  topology: readonly CpuRecord[],
  allowedCpus: readonly number[],
): Candidate[] {
  const allowed = new Set(allowedCpus);
  const known = topology.filter((record) => allowed.delete(record.cpu));
  const coreCount = Math.max(-1, ...known.map(({ core }) => core)) + 1;
  const unknown = flatTopology([...allowed]).map((record) => ({
    ...record,
    core: coreCount + record.core,
  }));
  const cores = new Map<number, Candidate["core"]>();
  return [...known.sort(compareRecords), ...unknown].map((record) => {
    const core = cores.get(record.core) ??
      { eventLoops: 0, cpus: 0, others: 0 };
    cores.set(record.core, core);
    const siblingIndex = core.cpus++;
    return { record, siblingIndex, core, eventLoops: 0, others: [] };
  });
}

function countOthers(
  candidates: readonly Candidate[],
  others: readonly OtherThread[],
): void {
  for (const { cpu, role } of others) {
    const candidate = candidates.find(({ record }) => record.cpu === cpu);
    if (candidate === undefined) continue;
    candidate.others.push(role);
    candidate.core.others++;
  }
}

function countOf(role: ThreadRole, roles: readonly ThreadRole[]): number {
  return roles.filter((other) => other === role).length;
}

/**
 * Moves the first node with a core for each of `threadCount` threads to the front: a core
 * without threads of other runtimes, if a node has so many.
 */
function fittingNodeFirst(
  candidates: readonly Candidate[],
  threadCount: number,
): Candidate[] {
  const firsts = candidates.filter(({ siblingIndex }) => siblingIndex === 0);
  const free = firsts.filter(({ core }) => core.others === 0);
  const fittingOf = (cores: readonly Candidate[]) =>
    [...Map.groupBy(cores, ({ record }) => record.node)]
      .find(([, ofNode]) => ofNode.length >= threadCount)?.[0];
  const fitting = fittingOf(free) ?? fittingOf(firsts);
  return byRank(candidates, ({ record }) => [Number(record.node !== fitting)]);
}

/** Sorts by ranks, compared from left to right. The sort is stable. */
function byRank(
  candidates: readonly Candidate[],
  rank: (candidate: Candidate) => readonly number[],
): Candidate[] {
  return candidates.map((candidate) => ({ candidate, rank: rank(candidate) }))
    .sort((a, b) => {
      const at = a.rank.findIndex((value, i) => value !== b.rank[i]);
      return at < 0 ? 0 : a.rank[at] - b.rank[at];
    })
    .map(({ candidate }) => candidate);
}

/** Assigns a CPU to each of `count` threads; starts again after the last one. */
function assignInTurn(
  candidates: readonly Candidate[],
  count: number,
  onAssigned: (candidate: Candidate) => void = () => {},
): number[] {
  return Array.from({ length: count }, (_, i) => {
    const candidate = candidates[i % candidates.length];
    onAssigned(candidate);
    return candidate.record.cpu;
  });
}
