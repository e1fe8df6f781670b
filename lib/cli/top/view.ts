/**
 * What `loom top` shows: the difference of two snapshots.
 *
 * @module
 */

import type { TaskMetrics, ThreadMetrics } from "../../metrics/types.ts";
import type { TimeBucket } from "../../metrics/time_histogram.ts";
import type { Snapshot } from "../../observer/snapshot.ts";

/** The first of the threads. */
const MAIN_THREAD = 0;

/** Some times, in milliseconds. */
export interface Times {
  /** How many there were. */
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** A thread between two snapshots. */
export interface ThreadView {
  readonly name: string;
  readonly cpu: number | null;
  readonly state: ThreadMetrics["state"] | "main";
  /** Calls that it runs now. */
  readonly running: number;
  /** The part of the time in which it was busy, from 0 to 1; null of the main thread. */
  readonly load: number | null;
  readonly runsPerSecond: number;
  readonly failedPerSecond: number;
  readonly parksPerSecond: number;
  /** Workers of this index that were lost, ever. */
  readonly lost: number;
}

/** The functions of one name between two snapshots. */
export interface TaskView {
  readonly name: string;
  readonly runsPerSecond: number;
  /** Milliseconds of all threads in each second. */
  readonly msPerSecond: number;
  /** The mean of its runs in that time. */
  readonly meanMs: number;
  /** The longest of its runs, ever. */
  readonly maxMs: number;
  /** How many of its runs threw, ever. */
  readonly failed: number;
}

/** What is shown. */
export interface TopView {
  readonly pid: number;
  readonly program: string;
  readonly runtime: string;
  readonly name: string;
  /** How long the main thread has existed. */
  readonly uptimeMs: number;
  readonly queued: number;
  readonly running: number;
  readonly inFlight: number;
  readonly runsPerSecond: number;
  readonly latency: Times;
  readonly queueTime: Times;
  readonly eventLoopDelay: Times;
  readonly threads: readonly ThreadView[];
  readonly tasks: readonly TaskView[];
}

/** Compares a snapshot with an earlier one. */
export function viewOf(now: Snapshot, before: Snapshot): TopView {
  const { pid, program, runtime, name, metrics } = now;
  const { compute, async, inFlight } = metrics;
  const seconds = Math.max(
    1e-3,
    (metrics.timeMs - before.metrics.timeMs) / 1e3,
  );
  const earlier = new Map(before.metrics.threads.map((it) => [it.name, it]));
  const threads = metrics.threads.map((thread, index) => {
    const view = threadView(thread, earlier.get(thread.name), seconds);
    // Nobody knows when the main thread is busy.
    return index === MAIN_THREAD
      ? { ...view, state: "main" as const, load: null }
      : view;
  });
  const earlierTasks = new Map(before.metrics.tasks.map((it) => [it.name, it]));
  const since = (of: keyof Snapshot["buckets"]) =>
    timesOf(now.buckets[of], before.buckets[of]);
  return {
    pid,
    program,
    runtime,
    name,
    uptimeMs: metrics.timeMs,
    queued: compute.queued + async.queued,
    running: compute.running + async.running,
    inFlight,
    runsPerSecond: threads.reduce((sum, it) => sum + it.runsPerSecond, 0),
    latency: since("latency"),
    queueTime: since("queueTime"),
    eventLoopDelay: since("eventLoopDelay"),
    threads,
    tasks: metrics.tasks.map((task) =>
      taskView(task, earlierTasks.get(task.name), seconds)
    ),
  };
}

function threadView(
  now: ThreadMetrics,
  before: ThreadMetrics | undefined,
  seconds: number,
): ThreadView {
  const rate = (of: (it: ThreadMetrics) => number) =>
    Math.max(0, of(now) - (before === undefined ? 0 : of(before))) / seconds;
  const { name, cpu, state, running, lost } = now;
  return {
    name,
    cpu,
    state,
    running,
    load: Math.min(1, rate(({ busyMs }) => busyMs) / 1e3),
    runsPerSecond: rate(({ runs }) => runs),
    failedPerSecond: rate(({ failed }) => failed),
    parksPerSecond: rate(({ parks }) => parks),
    lost,
  };
}

function taskView(
  now: TaskMetrics,
  before: TaskMetrics | undefined,
  seconds: number,
): TaskView {
  const runs = now.runs - (before?.runs ?? 0);
  const ms = Math.max(0, now.totalMs - (before?.totalMs ?? 0));
  return {
    name: now.name,
    runsPerSecond: runs / seconds,
    msPerSecond: ms / seconds,
    meanMs: runs === 0 ? now.meanMs : ms / runs,
    maxMs: now.maxMs,
    failed: now.failed,
  };
}

/** The times that one histogram has and an earlier one has not. */
function timesOf(
  now: readonly TimeBucket[],
  before: readonly TimeBucket[],
): Times {
  const earlier = new Map(before.map(({ endMs, count }) => [endMs, count]));
  const buckets = now.map(({ endMs, count }) => ({
    endMs,
    count: count - (earlier.get(endMs) ?? 0),
  })).filter(({ count }) => count > 0);
  const count = buckets.reduce((sum, bucket) => sum + bucket.count, 0);
  const at = (part: number): number => {
    let seen = 0;
    for (const bucket of buckets) {
      seen += bucket.count;
      if (seen >= count * part) return bucket.endMs;
    }
    return 0;
  };
  return { count, p50: at(0.5), p99: at(0.99), max: at(1) };
}
