/**
 * How the workers of a pool have ended.
 *
 * @module
 */

import { WorkerEvents } from "./worker_events.ts";
import type { ThreadPlan } from "../runtime_facts.ts";
import type { WorkerEnd } from "./worker_thread.ts";

/** A worker that ends this often in a row before it is ready is not started again. */
const MAX_FAILED_STARTS = 3;

/** What is known about the end of a worker, for the error of its calls. */
type Reason = ErrorOptions & { readonly text: string };

/** The ends of workers, by thread index. */
export class WorkerEnds {
  /** Why the last worker of each thread index ended. */
  readonly #reasons: (Reason | undefined)[] = [];
  /** How many workers in a row ended before they were ready. */
  readonly #failedStarts: number[] = [];
  /** Serial numbers of the workers that are being ended because of a call. */
  readonly #forced = new Set<number>();
  readonly #events: WorkerEvents;

  /** @param metrics Where ends are counted. */
  constructor(metrics: SharedArrayBuffer, threads: readonly ThreadPlan[]) {
    this.#events = new WorkerEvents(metrics, threads);
  }

  /** A worker is ready. */
  noteReady(thread: number, serial: number): void {
    this.#failedStarts[thread] = 0;
    this.#events.noteStart(serial);
  }

  /** A worker has retired, and its successor takes over. */
  noteRecycled(serial: number): void {
    this.#events.noteRecycled(serial);
  }

  /** A worker is being ended, because a call did not stop in time. */
  noteForced(serial: number): void {
    this.#forced.add(serial);
  }

  /** Whether a worker is being ended. */
  isForced(serial: number): boolean {
    return this.#forced.has(serial);
  }

  /**
   * A worker has ended.
   *
   * @param isStopping Whether all workers are to end.
   */
  noteEnd(
    thread: number,
    serial: number,
    end: WorkerEnd,
    wasReady: boolean,
    isStopping: boolean,
  ): void {
    if (isStopping) this.#events.noteEnd(serial);
    else if (wasReady) this.#events.noteLost(serial, end.error);
    const failed = this.#failedStarts[thread] ?? 0;
    if (!wasReady) this.#failedStarts[thread] = failed + 1;
    this.#reasons[thread] = this.#forced.delete(serial)
      ? { text: "it was ended because a call did not stop in time" }
      : reasonOf(end);
  }

  /** Whether this thread index gets no further worker. */
  failsToStart(thread: number): boolean {
    return this.#failedStarts[thread] >= MAX_FAILED_STARTS;
  }

  /** Why the last worker of a thread index ended; undefined if none has. */
  reason(thread: number): Reason | undefined {
    return this.#reasons[thread];
  }
}

function reasonOf({ error, code }: WorkerEnd): Reason {
  if (error === undefined) return { text: `it exited with code ${code}` };
  const message = error instanceof Error ? error.message : String(error);
  return { text: `it failed: ${message}`, cause: error };
}
