/**
 * All shared memory of one runtime.
 *
 * @module
 */

import { Arena } from "./arena.ts";
import { Control } from "./control.ts";
import { createLaneMemory, type LaneMemory } from "./lane.ts";
import { MAIN_THREAD } from "./layout.ts";
import { createMetrics } from "./metrics.ts";
import { createRecording } from "./recording.ts";
import { Texts } from "./texts.ts";

/** The shared memory of one runtime, created by the main thread for all workers. */
export interface BridgeMemory {
  /** Control block. */
  readonly control: SharedArrayBuffer;
  /** Arenas for the results that a thread sends, by thread index. */
  readonly results: readonly SharedArrayBuffer[];
  /** Lanes by pool, then by the index of the owning thread. */
  readonly lanes: readonly (readonly LaneMemory[])[];
  /** What each thread counts. */
  readonly metrics: SharedArrayBuffer;
  /** What each thread records while the runtime is traced. */
  readonly recording: SharedArrayBuffer;
  /** Texts that messages contain by number. */
  readonly texts: SharedArrayBuffer;
  /** Size of the largest payload. */
  readonly maxPayloadBytes: number;
  /** Thread indices of the workers, by pool. */
  readonly workers: readonly (readonly number[])[];
}

/**
 * Creates the shared memory of a runtime.
 *
 * @param computeCount Number of compute workers.
 * @param asyncCount Number of event-loop workers, the main thread not included.
 * @param capacity Number of slots of the main thread's lanes, a power of two.
 */
export function createBridgeMemory(
  computeCount: number,
  asyncCount: number,
  capacity: number,
  maxPayloadBytes: number,
): BridgeMemory {
  const threadCount = 1 + computeCount + asyncCount;
  const threads = Array.from({ length: threadCount }, (_, thread) => thread);
  const workers = [
    threads.slice(1, 1 + computeCount),
    threads.slice(1 + computeCount),
  ];
  const workerCapacity = workerCapacityFor(capacity, computeCount);
  return {
    control: Control.create(threadCount).buffer,
    results: threads.map(() => Arena.create(maxPayloadBytes).buffer),
    lanes: workers.map((servers) =>
      servers.length === 0 ? [] : threads.map((owner) =>
        createLaneMemory(
          owner === MAIN_THREAD ? capacity : workerCapacity,
          maxPayloadBytes,
          servers.length,
        )
      )
    ),
    metrics: createMetrics(threadCount),
    recording: createRecording(threadCount),
    texts: Texts.createBuffer(),
    maxPayloadBytes,
    workers,
  };
}

/** Fewer slots would save little memory. */
const MIN_CAPACITY = 16;

/**
 * Slots of all workers' lanes to one pool together, from which each of them gets fewer. There is
 * a lane for each thread and each thread sees all of them. JavaScriptCore takes shared memory for
 * a part of every heap that sees it, and lets the heap grow by as much before it collects.
 */
const WORKER_SLOTS = 8192;

/** Fewer slots would not be sampled alike: see lib/calls/call_times.ts. */
const MIN_WORKER_CAPACITY = 128;

/** Number of slots of the lanes of workers, which make few calls at once. */
export function workerCapacityFor(capacity: number, workers: number): number {
  const share = Math.max(WORKER_SLOTS / workers, MIN_WORKER_CAPACITY);
  return Math.min(capacity, capacityFor(share, workers));
}

/** A loop gets its helpers, one per worker, only if half of the slots are free after that. */
const SLOTS_PER_WORKER = 4;

/** Number of slots of each lane: a power of two, enough for `size` calls and all workers. */
export function capacityFor(size: number, workers: number): number {
  const least = Math.max(size, MIN_CAPACITY, SLOTS_PER_WORKER * workers);
  return 2 ** Math.ceil(Math.log2(least));
}
