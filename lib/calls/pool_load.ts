/**
 * How busy a pool of workers is, as any thread can read it.
 *
 * @module
 */

import type { WorkerActivity } from "../bridge/idle_set.ts";
import type { Lane } from "../bridge/lane.ts";
import { DIRECT_RINGS, type PoolKind } from "../bridge/layout.ts";
import type { Ring } from "../bridge/ring.ts";
import { isRunning, runningSerial } from "../bridge/slot_state.ts";
import { USED } from "./call_slots.ts";
import type { Endpoint } from "./endpoint.ts";

/** What a worker does. */
export interface WorkerLoad {
  /** Its thread index. */
  readonly thread: number;
  readonly activity: WorkerActivity;
  /** Number of calls that it has begun and not completed. */
  readonly running: number;
}

/** How busy a pool is. */
export interface PoolLoad {
  /** Number of calls of all threads in rings. */
  readonly queued: number;
  /** Number of calls that were ever taken from a ring, modulo 2³². */
  readonly begun: number;
  /** In the order of the pool. */
  readonly workers: readonly WorkerLoad[];
}

/**
 * Reads the rings, the slots and the idle set of a pool. All of it may change meanwhile, and
 * the slots are read without atomics, so the numbers may be out by the calls that begin and
 * end at this moment.
 */
export function readPoolLoad(endpoint: Endpoint, pool: PoolKind): PoolLoad {
  const workers = endpoint.workersOf(pool);
  const running = new Map<number, number>();
  let queued = 0;
  let begun = 0;
  for (const lane of endpoint.lanes.to(pool)) {
    countRunning(lane, endpoint, running);
    for (const ring of ringsInUse(lane, endpoint, pool, workers.length)) {
      queued += ring.countCalls();
      begun = (begun + ring.takenCount) >>> 0;
    }
  }
  const idle = endpoint.control.idle(pool, workers.length);
  return {
    queued,
    begun,
    workers: workers.map((thread) => ({
      thread,
      activity: idle.activityOf(thread),
      running: running.get(thread) ?? 0,
    })),
  };
}

/**
 * Number of calls of all threads that have a slot, and of the calling thread's calls that wait
 * for one.
 */
export function countInFlight(endpoint: Endpoint): number {
  const { compute, async } = endpoint;
  let count = compute.queue.waitingCount + (async?.queue.waitingCount ?? 0);
  for (const { use } of endpoint.lanes.all()) {
    for (const flags of use) if ((flags & USED) !== 0) count++;
  }
  return count;
}

/** Adds the calls of a lane that workers run, by thread index of the worker. */
function countRunning(
  lane: Lane,
  endpoint: Endpoint,
  running: Map<number, number>,
): void {
  for (let slot = 0; slot < lane.capacity; slot++) {
    const meta = lane.meta(slot);
    if (!isRunning(meta)) continue;
    const serial = runningSerial(meta);
    if (!endpoint.isAlive(serial)) continue;
    const thread = serial % endpoint.control.threadCount;
    running.set(thread, (running.get(thread) ?? 0) + 1);
  }
}

function ringsInUse(
  lane: Lane,
  { control }: Endpoint,
  pool: PoolKind,
  workerCount: number,
): Ring[] {
  const used = control.ringsInUse(lane.owner, pool);
  return Array.from({ length: DIRECT_RINGS + workerCount }, (_, ring) => ring)
    .filter((ring) => (used & (1 << Math.min(ring, DIRECT_RINGS))) !== 0)
    .map((ring) => lane.ringAt(ring));
}
