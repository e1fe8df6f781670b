/**
 * How long calls wait and run: which of them are timed, and what their callers measure.
 *
 * @module
 */

import { Histogram } from "../bridge/histogram.ts";
import type { Lane } from "../bridge/lane.ts";
import { COUNTED_TASKS, type ThreadMetrics } from "../bridge/metrics.ts";
import { EVENT_CALL, type Recorder } from "../bridge/recording.ts";

/** The original: tasks may replace the global one. */
const { queueMicrotask } = globalThis;

/**
 * Reading the clock takes as long as a tenth of a small call, so of the calls of short tasks
 * only those in one slot of so many are timed. Slots are used in turn, and both ends of a call
 * know its slot: they time the same calls without a word about it.
 */
const SAMPLE_SLOTS = 128;

/** All calls of a task are timed that ran for so many milliseconds when it was timed last. */
export const SLOW_MS = 0.02;

/**
 * Which calls one thread times: those with `(slot & mask) === 0`, and those with
 * `all[task] === 1`. Code that is run for each call checks that itself.
 */
export class Sampling {
  /** Bits that are 0 in the slots of the sample: none while all calls are recorded. */
  mask = 0;
  /** By task: 1 while all its calls are timed, as the first one of each is. */
  readonly all: Uint8Array = new Uint8Array(COUNTED_TASKS).fill(1);

  /** @param capacity Number of slots of each lane, a power of two. */
  constructor(capacity: number, recorder: Recorder) {
    const mask = Math.min(capacity, SAMPLE_SLOTS) - 1;
    recorder.watch((isOn) => this.mask = isOn ? 0 : mask);
  }

  /** For how many calls a timed one stands, which ran for that time. */
  weightOf(task: number, runMs: number): number {
    const weight = this.all[task] === 1 ? 1 : this.mask + 1;
    // Tasks that are not counted for themselves have no place: nothing is written.
    this.all[task] = runMs < SLOW_MS ? 0 : 1;
    return weight;
  }
}

/** Stands in TIMES for how long a call ran until that is known. */
const NOT_ENDED = -1;

/** What the owner of a lane measures of its calls. */
export class CallTimes {
  /** Which calls it times. */
  readonly sampling: Sampling;
  readonly #metrics: ThreadMetrics;
  /** Where they are recorded while the runtime is traced. */
  readonly recorder: Recorder;
  readonly #firstCall: number;
  /** For each slot, when its call began to run and for how long. */
  readonly #times: Float64Array;
  readonly #submittedMs: Float64Array;
  readonly #queued: Histogram;
  readonly #latency: Histogram;

  constructor(lane: Lane, metrics: ThreadMetrics, recorder: Recorder) {
    this.sampling = new Sampling(lane.capacity, recorder);
    this.#metrics = metrics;
    this.recorder = recorder;
    this.#firstCall = lane.firstCall;
    this.#times = lane.times;
    this.#submittedMs = new Float64Array(lane.capacity);
    this.#queued = new Histogram(metrics.queued);
    this.#latency = new Histogram(metrics.latency);
  }

  /**
   * The timed call of a slot is about to be pushed. {@linkcode CallTimes.end} must follow.
   *
   * @param since When it was made, if it has waited for the slot.
   */
  begin(slot: number, since: Moment | undefined): void {
    this.#submittedMs[slot] = since?.ms ?? this.#metrics.now();
    // No worker has the slot. The push publishes this.
    this.#times[slot * 2] = 0;
    this.#times[slot * 2 + 1] = NOT_ENDED;
  }

  /** When the timed call of a slot was made. */
  beginOf(slot: number): number {
    return this.#submittedMs[slot];
  }

  /** The timed call of a slot has ended. */
  end(slot: number, task: number): void {
    const startMs = this.#times[slot * 2];
    const runMs = this.#times[slot * 2 + 1];
    // The worker has not timed it, or the call has never run, or not to its end.
    if (runMs === NOT_ENDED) return;
    const submittedMs = this.#submittedMs[slot];
    const weight = this.sampling.weightOf(task, runMs);
    const ms = this.#metrics.now() - submittedMs;
    this.#latency.add(ms, weight);
    if (this.recorder.isOn) {
      const call = this.#firstCall + slot;
      this.recorder.add(EVENT_CALL, submittedMs, ms, task, call, false, 1);
    }
    // The clocks of two threads may differ by a fraction of a microsecond.
    this.#queued.add(Math.max(0, startMs - submittedMs), weight);
  }
}

/** A time. An object, which many calls share: a number would be allocated for each. */
export interface Moment {
  /** See ThreadMetrics.now(). */
  readonly ms: number;
}

/** Calls that begin to wait at once share a reading of the clock, as many as this. */
const WAITING_PER_LOOK = 64;

/** A clock for calls that begin to wait for a slot, often hundreds of them in one turn. */
export class WaitingClock {
  readonly #metrics: ThreadMetrics;
  #untilLook = 0;
  #now: Moment = { ms: 0 };
  readonly #expire = (): void => {
    this.#untilLook = 0;
  };

  constructor(metrics: ThreadMetrics) {
    this.#metrics = metrics;
  }

  /** The time, or a little earlier: the code that makes calls has not returned since then. */
  now(): Moment {
    if (this.#untilLook-- > 0) return this.#now;
    queueMicrotask(this.#expire);
    this.#untilLook = WAITING_PER_LOOK;
    return this.#now = { ms: this.#metrics.now() };
  }
}
