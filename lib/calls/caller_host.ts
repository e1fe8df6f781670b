/**
 * What a caller needs from its thread.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import type { Deadlines } from "../limits/deadlines.ts";
import type { TaskGuard } from "../bridge/task_guard.ts";
import type { ThreadMetrics } from "../bridge/metrics.ts";
import type { Recorder } from "../bridge/recording.ts";
import type { MovedObjects } from "../payloads/moved_objects.ts";
import type { Payloads } from "../payloads/payloads.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { LoopState } from "./loop_state.ts";
import type { SharedBuffers } from "../payloads/shared_buffers.ts";

/** What a caller needs from its thread. */
export interface CallerHost {
  /** Whether completions will be drained. */
  readonly loop: LoopState;
  /** Lets no one end this thread between the steps of a submission. */
  readonly guard: TaskGuard;
  /**
   * Whether a submission has pushed its call and then threw, because no stack was left. The
   * next drain or submission finishes it.
   */
  isInterrupted: boolean;
  /** Finishes an interrupted submission. */
  recover(): void;
  /** Whether other threads know that this one has tracked work in flight. */
  readonly hasTrackedWork: boolean;
  /** Lets them know. */
  beginTrackedWork(): void;
  /** The deadlines of this thread. */
  readonly deadlines: Deadlines;
  /** Has the worker with this serial number look which of its calls are cancelled. */
  notice(serial: number): void;
  /** Has the worker ended that runs the call in a slot, unless it completes that first. */
  endWorkerOf(lane: Lane, slot: number, serial: number): void;
  /** What this thread counts. */
  readonly metrics: ThreadMetrics;
  /** Helps to find mistakes; undefined on a worker. */
  readonly diagnostics: Diagnostics | undefined;
  /** What this thread records. */
  readonly recorder: Recorder;
  /** Reads and writes payloads. */
  readonly payloads: Payloads;
  /** Sends SharedArrayBuffers. */
  readonly sharedBuffers: SharedBuffers;
  /** Sends the objects that calls move. */
  readonly moved: MovedObjects;
  /** Index of this thread. */
  readonly thread: number;
  /**
   * Makes sure that completions will be drained. The caller calls it before a submission
   * when the worker it runs on is asleep, and after one when the thread is not active.
   */
  pump(): void;
  /** Whether the worker with this serial number has not ended. */
  isAlive(serial: number): boolean;
}
