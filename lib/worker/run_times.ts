/**
 * Counts what a worker runs, and times some of it.
 *
 * @module
 */

import { Histogram } from "../bridge/histogram.ts";
import type { Lane } from "../bridge/lane.ts";
import {
  COUNT_DROPPED,
  COUNT_FAILED,
  countedTask,
  TASK_FAILED,
  TASK_FLOATS,
  TASK_MAX_MS,
  TASK_MS,
  TASK_RUNS,
  TASK_TIMED,
} from "../bridge/metrics.ts";
import { COMPUTE, MAIN_THREAD } from "../bridge/layout.ts";
import { EVENT_RUN, type Recorder } from "../bridge/recording.ts";
import { Sampling } from "../calls/call_times.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { keyOf } from "./slots.ts";

/** The original: tasks may replace the global one. */
const now = performance.now.bind(performance);

/** A timed call that has begun. */
interface TimedCall {
  readonly task: number;
  readonly startMs: number;
  /** Whether it belongs to the sample, or is timed for its caller only. */
  readonly isSampled: boolean;
  /** How many items it has run. */
  items: number;
}

/**
 * Counts and times the calls that one worker runs. The time of a call begins when the worker has
 * taken it and ends when its outcome is sent, so that it includes what its values cost.
 */
export class RunTimes {
  /** Number of timed calls that have begun. While it is 0, others need not call end(). */
  timedCount = 0;
  readonly #counts: Float64Array;
  readonly #tasks: Float64Array;
  readonly #run: Histogram;
  readonly #sampling: Sampling;
  readonly #recorder: Recorder;
  #mask = 0;
  readonly #all: Uint8Array;
  readonly #offsetMs: number;
  readonly #timed = new Map<number, TimedCall>();

  constructor({ metrics, recorder, lanes }: Endpoint) {
    const { capacity } = lanes.of(COMPUTE, MAIN_THREAD);
    this.#counts = metrics.counts;
    this.#tasks = metrics.tasks;
    this.#run = new Histogram(metrics.run);
    this.#recorder = recorder;
    this.#sampling = new Sampling(capacity, recorder);
    // After the sampling, which watches as well.
    recorder.watch(() => this.#mask = this.#sampling.mask);
    this.#all = this.#sampling.all;
    this.#offsetMs = metrics.offsetMs;
  }

  /** Counts a call that begins, and times it if it belongs to the sample. */
  begin(lane: Lane, slot: number, task: number): void {
    this.#tasks[countedTask(task) * TASK_FLOATS + TASK_RUNS]++;
    if ((slot & this.#mask) === 0 || this.#all[task] === 1) {
      this.#time(lane, slot, task, true);
    }
  }

  /** The same for a call whose caller wants to know its time, whether it is in the sample or not. */
  beginWatched(lane: Lane, slot: number, task: number): void {
    this.count(task, 1);
    const isSampled = (slot & this.#mask) === 0 || this.#all[task] === 1;
    this.#time(lane, slot, task, isSampled);
  }

  /** Counts runs of a task. */
  count(task: number, runs: number): void {
    this.#tasks[countedTask(task) * TASK_FLOATS + TASK_RUNS] += runs;
  }

  #time(lane: Lane, slot: number, task: number, isSampled: boolean): void {
    const startMs = now();
    const call = { task, startMs, isSampled, items: 1 };
    this.#timed.set(keyOf(lane, slot), call);
    this.timedCount = this.#timed.size;
    // The completion publishes this; others may read it before.
    lane.times[slot * 2] = startMs + this.#offsetMs;
  }

  /** The call, which is counted as one, has run its task for so many items. */
  countItems(lane: Lane, slot: number, task: number, items: number): void {
    this.count(task, items - 1);
    const call = this.#timed.get(keyOf(lane, slot));
    if (call !== undefined) call.items = items;
  }

  /** The outcome of a call is about to be sent. */
  end(lane: Lane, slot: number, failed: boolean): void {
    const key = keyOf(lane, slot);
    const call = this.#timed.get(key);
    if (call === undefined) return;
    this.#timed.delete(key);
    this.timedCount = this.#timed.size;
    const { task, startMs, isSampled, items } = call;
    const runMs = now() - startMs;
    if (isSampled) {
      const weight = this.#sampling.weightOf(task, runMs);
      this.#add(task, runMs / items, weight * items);
    }
    // The completion publishes this.
    lane.times[slot * 2 + 1] = runMs;
    if (!this.#recorder.isOn) return;
    this.#recorder.add(
      EVENT_RUN,
      startMs + this.#offsetMs,
      runMs,
      task,
      lane.firstCall + slot,
      failed,
      items,
    );
  }

  #add(task: number, runMs: number, weight: number): void {
    const tasks = this.#tasks;
    const first = countedTask(task) * TASK_FLOATS;
    tasks[first + TASK_TIMED] += weight;
    tasks[first + TASK_MS] += weight * runMs;
    if (runMs > tasks[first + TASK_MAX_MS]) tasks[first + TASK_MAX_MS] = runMs;
    this.#run.add(runMs, weight);
  }

  /** Counts a call, or an item, whose function has thrown. */
  fail(task: number): void {
    this.#counts[COUNT_FAILED]++;
    this.#tasks[countedTask(task) * TASK_FLOATS + TASK_FAILED]++;
  }

  /** Counts a call whose outcome nobody needs. */
  drop(): void {
    this.#counts[COUNT_DROPPED]++;
  }
}
