/**
 * All shared memory of one runtime.
 *
 * @module
 */

import { Arena } from "./arena.ts";
import { Control } from "./control.ts";
import { createLaneMemory, type LaneMemory } from "./lane.ts";
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
  /** Number of slots of each lane. */
  readonly capacity: number;
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
 * @param capacity Number of slots of each lane, a power of two.
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
  return {
    control: Control.create(threadCount).buffer,
    results: threads.map(() => Arena.create(maxPayloadBytes).buffer),
    lanes: workers.map((servers) =>
      servers.length === 0
        ? []
        : threads.map(() =>
          createLaneMemory(capacity, maxPayloadBytes, servers.length)
        )
    ),
    metrics: createMetrics(threadCount),
    recording: createRecording(threadCount),
    texts: Texts.createBuffer(),
    capacity,
    maxPayloadBytes,
    workers,
  };
}

/** Fewer slots would save little memory. */
const MIN_CAPACITY = 16;

/** A loop gets its helpers, one per worker, only if half of the slots are free after that. */
const SLOTS_PER_WORKER = 4;

/** Number of slots of each lane: a power of two, enough for `size` calls and all workers. */
export function capacityFor(size: number, workers: number): number {
  const least = Math.max(size, MIN_CAPACITY, SLOTS_PER_WORKER * workers);
  return 2 ** Math.ceil(Math.log2(least));
}
