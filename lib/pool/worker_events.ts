/**
 * Counts the ends of workers, and publishes what happens to workers.
 *
 * @module
 */

import { channel } from "node:diagnostics_channel";
import {
  ENDED_LOST,
  ENDED_RECYCLED,
  ThreadMetrics,
} from "../bridge/metrics.ts";
import type { WorkerEvent } from "../lifecycle.ts";
import type { ThreadPlan } from "../runtime_facts.ts";

/** A worker serves calls: see {@linkcode WorkerEvent}. */
const started = channel("loom:worker:start");
/** A worker has ended as planned. */
const ended = channel("loom:worker:end");
/** A worker has ended although nobody has told it to. */
const lost = channel("loom:worker:lost");

/** What happens to the workers of one pool. */
export class WorkerEvents {
  readonly #metrics: SharedArrayBuffer;
  readonly #threads: readonly ThreadPlan[];

  /** @param metrics What the threads count. */
  constructor(metrics: SharedArrayBuffer, threads: readonly ThreadPlan[]) {
    this.#metrics = metrics;
    this.#threads = threads;
  }

  /** A worker is ready. */
  noteStart(serial: number): void {
    if (started.hasSubscribers) started.publish(this.#eventOf(serial));
  }

  /** A worker has stopped with its pool. */
  noteEnd(serial: number): void {
    if (ended.hasSubscribers) ended.publish(this.#eventOf(serial));
  }

  /** A worker gives its place to its successor. */
  noteRecycled(serial: number): void {
    this.#count(serial, ENDED_RECYCLED);
    this.noteEnd(serial);
  }

  /** A worker has ended by itself, or was ended because of a call. */
  noteLost(serial: number, error: unknown): void {
    this.#count(serial, ENDED_LOST);
    if (lost.hasSubscribers) lost.publish({ ...this.#eventOf(serial), error });
  }

  #count(serial: number, what: number): void {
    const thread = serial % this.#threads.length;
    new ThreadMetrics(this.#metrics, thread).ended[what]++;
  }

  #eventOf(serial: number): WorkerEvent {
    const { name, cpu } = this.#threads[serial % this.#threads.length];
    return { name, cpu, serial };
  }
}
