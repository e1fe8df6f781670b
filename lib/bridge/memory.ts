/**
 * All memory that the threads of one runtime share.
 *
 * @module
 */

import { Arena } from "./arena.ts";
import { Control } from "./control.ts";
import { createLaneMemory, type LaneMemory } from "./lane.ts";
import { TaskTable } from "./task_table.ts";

/** The memory of one runtime: made by the main thread, attached to by every worker. */
export interface BridgeMemory {
  /** Control block. */
  readonly control: SharedArrayBuffer;
  /** Task table. */
  readonly tasks: SharedArrayBuffer;
  /** Arenas for what a thread returns, by thread index. */
  readonly results: readonly SharedArrayBuffer[];
  /** Lanes by pool, then by the index of the owning thread. */
  readonly lanes: readonly (readonly LaneMemory[])[];
  /** Slots of each lane. */
  readonly capacity: number;
  /** Largest payload. */
  readonly maxPayloadBytes: number;
  /** Threads that serve each pool, by pool. */
  readonly workers: readonly (readonly number[])[];
}

/** Makes the memory for a main thread and the given workers. */
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
    tasks: TaskTable.create().buffer,
    results: threads.map(() => Arena.create(maxPayloadBytes).buffer),
    lanes: workers.map((servers) =>
      servers.length === 0
        ? []
        : threads.map(() => createLaneMemory(capacity, maxPayloadBytes))
    ),
    capacity,
    maxPayloadBytes,
    workers,
  };
}
