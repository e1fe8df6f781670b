/**
 * One CPU per thread: a pure function of topology, allowed CPUs and counts.
 *
 * The seats are the allowed CPUs, in the order of package, NUMA node, L3 cache, core
 * and CPU, so that threads fill one L3 group after another and one node after
 * another. The first node with a core for every thread comes before all others: a
 * runtime that fits into one node stays in it.
 *
 * The rule, for every thread in turn, event loops before compute workers:
 *
 * 1. Prefer a CPU on which nothing has been placed. One PU of each core comes
 *    before the second, performance cores before efficiency cores.
 * 2. A compute worker that needs a second PU takes the sibling of another compute
 *    worker before the sibling of an event loop.
 * 3. When every CPU is taken, an event loop takes the CPU with the fewest event
 *    loops; a compute worker takes the CPU with the fewest compute workers, so it
 *    shares with an event loop, which mostly waits, before it shares with another
 *    compute worker.
 *
 * @module
 */

import { InsufficientCpusError } from "../errors.ts";
import { compareRecords, type CpuRecord } from "./topology.ts";

/** The CPU of each thread, by the thread's index. */
export interface PlacementPlan {
  /** CPUs of the event loops; the first is the main thread's. */
  readonly asyncCpus: number[];
  /** CPUs of the compute workers. */
  readonly computeCpus: number[];
}

/** How many threads of each kind there are. */
export interface ThreadCounts {
  /** Event loops, the main thread among them. */
  readonly asyncThreads: number;
  /** Compute workers. */
  readonly computeThreads: number;
}

/** What the number of threads is worked out from. */
export interface ThreadCountRequest {
  /** Event loops asked for; 1 when nothing was said. */
  readonly asyncThreads?: number;
  /** Compute workers asked for; the remaining CPUs when nothing was said. */
  readonly computeThreads?: number;
  /** CPUs that the threads may use. */
  readonly cpuCount: number;
  /** Whether the threads will be pinned. */
  readonly pinned: boolean;
  /** CPU time per time that a cgroup allows; undefined when it sets no limit. */
  readonly quotaCpus?: number;
}

/**
 * Fills in the defaults: 1 event loop, and a compute worker on each remaining CPU,
 * at least 1. A quota limits the default: more busy threads than it allows would only
 * be throttled.
 *
 * Throws {@linkcode InsufficientCpusError} when the numbers asked for add up to
 * more than there are CPUs and threads are pinned. Defaults never throw: on one
 * CPU an event loop and a compute worker share it.
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
 * Gives every thread a CPU of `allowedCpus` by the rule at the top of this file.
 *
 * An allowed CPU without a record counts as a core of its own. With no allowed CPU
 * at all there is nothing to give, and the plan is empty.
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
): PlacementPlan {
  const seats = makeSeats(topology, allowedCpus);
  if (seats.length === 0) return { asyncCpus: [], computeCpus: [] };
  const order = homeFirst(seats, counts.asyncThreads + counts.computeThreads);
  const forEventLoops = byRank(order, (seat) => [
    seat.siblingIndex,
    Number(seat.record.isEfficiency),
  ]);
  const asyncCpus = goRound(forEventLoops, counts.asyncThreads, (seat) => {
    seat.eventLoops++;
    seat.core.eventLoops++;
  });
  const forComputeWorkers = byRank(order, (seat) => [
    seat.eventLoops,
    seat.siblingIndex,
    seat.core.eventLoops,
    Number(seat.record.isEfficiency),
  ]);
  const computeCpus = goRound(forComputeWorkers, counts.computeThreads);
  return { asyncCpus, computeCpus };
}

/** One allowed CPU. */
interface Seat {
  readonly record: CpuRecord;
  /** 0 for the first allowed PU of its core, 1 for the second, and so on. */
  readonly siblingIndex: number;
  readonly core: { eventLoops: number; seats: number };
  eventLoops: number;
}

/** The seats in topology order. */
function makeSeats(
  topology: readonly CpuRecord[],
  allowedCpus: readonly number[],
): Seat[] {
  const allowed = new Set(allowedCpus);
  const known = topology.filter((record) => allowed.delete(record.cpu));
  const coreCount = Math.max(-1, ...known.map(({ core }) => core)) + 1;
  const unknown = [...allowed].sort((a, b) => a - b).map((cpu, index) => ({
    cpu,
    core: coreCount + index,
    package: 0,
    node: 0,
    l3: 0,
    isEfficiency: false,
  }));
  const cores = new Map<number, Seat["core"]>();
  return [...known.sort(compareRecords), ...unknown].map((record) => {
    const core = cores.get(record.core) ?? { eventLoops: 0, seats: 0 };
    cores.set(record.core, core);
    return { record, siblingIndex: core.seats++, core, eventLoops: 0 };
  });
}

/** Moves the first node with a core for each of `threadCount` threads to the front. */
function homeFirst(seats: readonly Seat[], threadCount: number): Seat[] {
  const firsts = seats.filter(({ siblingIndex }) => siblingIndex === 0);
  const home = [...Map.groupBy(firsts, ({ record }) => record.node)]
    .find(([, cores]) => cores.length >= threadCount)?.[0];
  return byRank(seats, ({ record }) => [Number(record.node !== home)]);
}

/** Sorts by ranks, compared from left to right; equal ones keep their order. */
function byRank(
  seats: readonly Seat[],
  rank: (seat: Seat) => readonly number[],
): Seat[] {
  return seats.map((seat) => ({ seat, rank: rank(seat) }))
    .sort((a, b) => {
      const at = a.rank.findIndex((value, i) => value !== b.rank[i]);
      return at < 0 ? 0 : a.rank[at] - b.rank[at];
    })
    .map(({ seat }) => seat);
}

/** Takes a seat for each of `count` threads, from the front again after the last. */
function goRound(
  seats: readonly Seat[],
  count: number,
  take: (seat: Seat) => void = () => {},
): number[] {
  return Array.from({ length: count }, (_, i) => {
    const seat = seats[i % seats.length];
    take(seat);
    return seat.record.cpu;
  });
}
