/**
 * What runs around the functions of calls, on the workers that run them.
 *
 * A wrapped call carries a list of wrappers. A worker loads each, as any task, and runs the
 * function of the call inside of them. So code of the caller's choice sees a call from within,
 * and the call still counts, fails and is cancelled as one of its own function.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import { MAIN_THREAD } from "../bridge/layout.ts";
import { doneBy } from "../bridge/slot_state.ts";

/** The number of a task and a value. The task is called with what to run and the value. */
export type Wrapper = readonly [task: number, value: unknown];

/** Those of a call that is part of something which nobody watches. */
export const NO_WRAPPERS: readonly Wrapper[] = [];

/** A task that runs around functions. It returns what `run` returns. */
export type WrapperTask<Value> = (run: () => unknown, value: Value) => unknown;

/** Runs `run` inside of the functions of the wrappers; the first one is the outermost. */
export function runWrapped(
  wrappers: readonly Wrapper[],
  functions: readonly WrapperTask<unknown>[],
  run: () => unknown,
): unknown {
  return wrappers.reduceRight<() => unknown>(
    (inner, [, value], i) => () => functions[i](inner, value),
    run,
  )();
}

/** When a call has run, and where. */
export interface CallRun {
  /** Index of the thread. */
  readonly thread: number;
  /** When a worker began it: see ThreadMetrics.now(). */
  readonly startMs: number;
  /** How long it ran, until its outcome was sent. */
  readonly ms: number;
}

/** Is told of the slot of a wrapped call. */
export interface CallWatch {
  /** Right before the call is pushed. */
  prepare(slot: number): void;
  /** The slot is free again, and not used yet. */
  freed(): void;
}

/** A watch for calls that nobody measures. */
export const NO_WATCH: CallWatch = { prepare() {}, freed() {} };

/** Measures one wrapped call: workers time each of these. */
export class RunWatch implements CallWatch {
  /** Known when the call has ended, unless its worker was lost. */
  run: CallRun | undefined;
  readonly #lane: Lane;
  #slot = 0;

  /** @param lane The lane of the call. */
  constructor(lane: Lane) {
    this.#lane = lane;
  }

  /** See {@linkcode CallWatch}. */
  prepare(slot: number): void {
    this.#slot = slot;
    // No worker has the slot. The push publishes this.
    this.#lane.times[slot * 2] = 0;
  }

  /** See {@linkcode CallWatch}. */
  freed(): void {
    const lane = this.#lane;
    const slot = this.#slot;
    const startMs = lane.times[slot * 2];
    const thread = doneBy(lane.meta(slot));
    // It has not run, or its worker was lost, if only right before the end of the call.
    if (startMs === 0 || thread === MAIN_THREAD) return;
    this.run = { thread, startMs, ms: lane.times[slot * 2 + 1] };
  }
}
