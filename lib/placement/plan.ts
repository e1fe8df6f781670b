/**
 * One CPU per thread: a pure function of topology, allowed CPUs and counts.
 *
 * The rule, for every thread in turn, event loops before compute workers:
 *
 * 1. Prefer a CPU on which nothing has been placed. One PU of each core comes
 *    before the second, in topology order (package, node, core, CPU).
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
import type { CpuRecord } from "./topology.ts";

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
}

/**
 * Fills in the defaults: 1 event loop, and a compute worker on each remaining CPU,
 * at least 1.
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
  const computeThreads = request.computeThreads ??
    Math.max(cpuCount - asyncThreads, 1);
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
  const asyncCpus: number[] = [];
  const computeCpus: number[] = [];
  if (seats.length === 0) return { asyncCpus, computeCpus };
  for (let i = 0; i < counts.asyncThreads; i++) {
    const seat = firstBy(seats, forEventLoop);
    seat.eventLoops++;
    seat.core.eventLoops++;
    asyncCpus.push(seat.cpu);
  }
  for (let i = 0; i < counts.computeThreads; i++) {
    const seat = firstBy(seats, forComputeWorker);
    seat.computeWorkers++;
    computeCpus.push(seat.cpu);
  }
  return { asyncCpus, computeCpus };
}

/** One allowed CPU and who sits on it so far. */
interface Seat {
  readonly cpu: number;
  /** 0 for the first allowed PU of its core, 1 for the second, and so on. */
  readonly siblingIndex: number;
  readonly core: { eventLoops: number; seats: number };
  eventLoops: number;
  computeWorkers: number;
}

/** The seats in topology order. */
function makeSeats(
  topology: readonly CpuRecord[],
  allowedCpus: readonly number[],
): Seat[] {
  const allowed = new Set(allowedCpus);
  const known = topology.filter((record) => allowed.delete(record.cpu));
  known.sort((a, b) =>
    a.package - b.package || a.node - b.node || a.core - b.core || a.cpu - b.cpu
  );
  const cores = new Map<number | string, Seat["core"]>();
  const seat = (cpu: number, coreKey: number | string): Seat => {
    const core = cores.get(coreKey) ?? { eventLoops: 0, seats: 0 };
    cores.set(coreKey, core);
    const siblingIndex = core.seats++;
    return { cpu, siblingIndex, core, eventLoops: 0, computeWorkers: 0 };
  };
  const unknown = [...allowed].sort((a, b) => a - b);
  return [
    ...known.map((record) => seat(record.cpu, record.core)),
    ...unknown.map((cpu) => seat(cpu, `unknown ${cpu}`)),
  ];
}

/** Compared from left to right; the smallest wins, then the first in order. */
type Rank = readonly number[];

function forEventLoop(seat: Seat): Rank {
  return [seat.eventLoops, seat.siblingIndex];
}

function forComputeWorker(seat: Seat): Rank {
  return [
    seat.computeWorkers,
    seat.eventLoops,
    seat.siblingIndex,
    seat.core.eventLoops,
  ];
}

function firstBy(seats: readonly Seat[], rank: (seat: Seat) => Rank): Seat {
  let best = seats[0];
  let bestRank = rank(best);
  for (const seat of seats.slice(1)) {
    const seatRank = rank(seat);
    const at = seatRank.findIndex((value, i) => value !== bestRank[i]);
    if (at >= 0 && seatRank[at] < bestRank[at]) {
      best = seat;
      bestRank = seatRank;
    }
  }
  return best;
}
