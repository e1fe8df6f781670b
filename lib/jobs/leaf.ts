/**
 * Running the leaves of a parallel loop.
 *
 * @module
 */

import type { ThreadMetrics } from "../bridge/metrics.ts";
import { EVENT_LEAVES, type Recorder } from "../bridge/recording.ts";
import type { TaskGuard } from "../bridge/task_guard.ts";
import type { Job } from "./job.ts";
import type { LoopSpec, RunLeaf } from "./loop.ts";

/** Where a thread puts the results of the leaves that it runs. */
export interface LeafResults {
  /** Keeps what a leaf returned, undefined included. What this throws is the leaf's error. */
  set(leaf: number, value: unknown): void;
  /** Keeps what a leaf threw. */
  fail(leaf: number, error: unknown): void;
}

/** What leaves need of the thread that runs them. */
export interface LeafHost {
  /** Whether it may be ended while it runs a leaf. */
  readonly guard: TaskGuard;
  readonly metrics: ThreadMetrics;
  /** Where leaves are recorded while the runtime is traced. */
  readonly recorder: Recorder;
}

/**
 * Runs the leaves that this thread has just claimed. Ends the loop at a leaf that throws,
 * and at one that returns a value if the loop stops at a result.
 *
 * @param first The first of the claimed leaves.
 */
export function runClaimed(
  job: Job,
  spec: LoopSpec,
  run: RunLeaf,
  first: number,
  results: LeafResults,
  host: LeafHost,
): void {
  if (!host.recorder.isOn) return runAll(job, spec, run, first, results, host);
  const startMs = host.metrics.now();
  const count = job.claimedCount;
  try {
    runAll(job, spec, run, first, results, host);
  } finally {
    const ms = host.metrics.now() - startMs;
    const [task = spec.text] = spec.functions;
    host.recorder.add(EVENT_LEAVES, startMs, ms, task, first, false, count);
  }
}

function runAll(
  job: Job,
  spec: LoopSpec,
  run: RunLeaf,
  first: number,
  results: LeafResults,
  { guard }: LeafHost,
): void {
  const { data, length, stopsAtResult } = spec;
  const { leaves } = job;
  const end = first + job.claimedCount;
  callLeaf(runNothing, data, 0, 0);
  for (let leaf = first; leaf < end && !job.isPastStop(leaf); leaf++) {
    // Where a leaf begins depends on the number of items only.
    const from = Math.floor(leaf * length / leaves);
    const to = Math.floor((leaf + 1) * length / leaves);
    try {
      if (guard.isActive) guard.toTasks();
      const value = callLeaf(run, data, from, to);
      if (guard.isInTasks) guard.toLibrary();
      results.set(leaf, value);
      if (stopsAtResult && value !== undefined) job.stop(leaf);
    } catch (error) {
      if (guard.isInTasks) guard.toLibrary();
      try {
        results.fail(leaf, error);
      } finally {
        job.stop(leaf);
      }
    }
  }
}

/**
 * Runs leaves of a loop that no other thread has a part of.
 *
 * @param leaves Number of all leaves.
 * @param end The leaf after the last one to run.
 * @param values Takes what the leaves return.
 * @returns The leaf after the last one that has ended. It is below `end` if that one has ended
 *   the loop, or if the next one has thrown.
 */
export function runOwn(
  { data, length, stopsAtResult }: LoopSpec,
  run: RunLeaf,
  leaves: number,
  first: number,
  end: number,
  values: LeafResults,
): number {
  callLeaf(runNothing, data, 0, 0);
  const least = Math.floor(length / leaves);
  const more = length - least * leaves;
  let from = Math.floor(first * length / leaves);
  // What the bound of a leaf is above a whole number, times `leaves`: a division takes longer.
  let rest = first * more % leaves;
  let leaf = first;
  try {
    while (leaf < end) {
      let to = from + least;
      rest += more;
      if (rest >= leaves) {
        rest -= leaves;
        to++;
      }
      const value = callLeaf(run, data, from, to);
      values.set(leaf++, value);
      if (stopsAtResult && value !== undefined) return leaf;
      from = to;
    }
  } catch (error) {
    values.fail(leaf, error);
  }
  return leaf;
}

/**
 * Calls `run`. V8's Maglev compiler would inline a function that is always the same, and an
 * inlined loop stays in Maglev's code, which takes 3 to 4 times as long as TurboFan's. So
 * each claim calls another function here once, too.
 */
export function callLeaf(
  run: RunLeaf,
  data: readonly unknown[],
  from: number,
  to: number,
): unknown {
  return run(data, from, to);
}

/** The other function. */
export const runNothing: RunLeaf = () => undefined;
