/**
 * How long the functions of calls run, as the metrics of all threads say.
 *
 * @module
 */

import { COMPUTE } from "../bridge/layout.ts";
import {
  COUNTED_TASKS,
  countedTask,
  TASK_FAILED,
  TASK_FLOATS,
  TASK_MAX_MS,
  TASK_MS,
  TASK_RUNS,
  TASK_TIMED,
  ThreadMetrics,
} from "../bridge/metrics.ts";
import { SLOW_MS } from "./call_times.ts";
import type { Endpoint } from "./endpoint.ts";

/** Reads what workers have counted of each function, and counts what this thread runs. */
export class TaskTimes {
  readonly #endpoint: Endpoint;
  readonly #own: Float64Array;
  #workers: readonly Float64Array[] | undefined;
  /** By task: for how many runs on workers the time is known, and how long they took. */
  #timed = new Float64Array(64);
  #ms = new Float64Array(64);

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#own = endpoint.metrics.tasks;
  }

  /** Counts a run on this thread. */
  countRun(task: number, hasFailed: boolean): void {
    const first = countedTask(task) * TASK_FLOATS;
    this.#own[first + TASK_RUNS]++;
    if (hasFailed) this.#own[first + TASK_FAILED]++;
  }

  /** Counts a run on this thread that took so long. */
  countTimedRun(task: number, hasFailed: boolean, ms: number): void {
    this.countRun(task, hasFailed);
    const first = countedTask(task) * TASK_FLOATS;
    this.#own[first + TASK_TIMED]++;
    this.#own[first + TASK_MS] += ms;
    if (ms > this.#own[first + TASK_MAX_MS]) {
      this.#own[first + TASK_MAX_MS] = ms;
    }
  }

  /**
   * How long the function took on workers since this was asked last, in microseconds.
   *
   * @returns The most that it can be, if it was too short to be timed; undefined for functions
   *   that are not counted for themselves.
   */
  runUs(task: number): number | undefined {
    if (task >= COUNTED_TASKS - 1) return undefined;
    let timed = 0;
    let ms = 0;
    const first = task * TASK_FLOATS;
    for (const tasks of this.#workers ??= this.#openWorkers()) {
      timed += tasks[first + TASK_TIMED];
      ms += tasks[first + TASK_MS];
    }
    if (task >= this.#timed.length) this.#grow(task);
    const newTimed = timed - this.#timed[task];
    const newMs = ms - this.#ms[task];
    this.#timed[task] = timed;
    this.#ms[task] = ms;
    if (newTimed > 0) return newMs / newTimed * 1000;
    // All runs that take longer are timed.
    return Math.min(SLOW_MS, timed === 0 ? SLOW_MS : ms / timed) * 1000;
  }

  #openWorkers(): Float64Array[] {
    const { metrics, thread } = this.#endpoint;
    const { buffer } = metrics.counts;
    return this.#endpoint.workersOf(COMPUTE)
      .filter((worker) => worker !== thread)
      .map((worker) => new ThreadMetrics(buffer, worker).tasks);
  }

  #grow(task: number): void {
    const length = Math.max(task + 1, this.#timed.length * 2);
    const grown = (floats: Float64Array): Float64Array<ArrayBuffer> => {
      const larger = new Float64Array(length);
      larger.set(floats);
      return larger;
    };
    this.#timed = grown(this.#timed);
    this.#ms = grown(this.#ms);
  }
}
