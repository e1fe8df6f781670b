/**
 * Reads what a runtime has counted.
 *
 * @module
 */

import type { FunctionDecisions } from "../adaptive/policy.ts";
import {
  COUNT_BUSY_MS,
  COUNT_BUSY_SINCE,
  COUNT_CANCELLED,
  COUNT_DROPPED,
  COUNT_FAILED,
  COUNT_JOINS,
  COUNT_LOST,
  COUNT_PARKS,
  COUNT_SEARCHES,
  COUNT_SENT_BYTES,
  COUNT_SETTLED,
  COUNT_SHARED_BYTES,
  COUNT_WAKES,
  COUNTED_TASKS,
  ENDED_LOST,
  ENDED_RECYCLED,
  TASK_FAILED,
  TASK_FLOATS,
  TASK_MAX_MS,
  TASK_MS,
  TASK_RUNS,
  TASK_TIMED,
  ThreadMetrics as ThreadWords,
} from "../bridge/metrics.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { countInFlight } from "../calls/pool_load.ts";
import type { RuntimeStats, WorkerStats } from "../handles.ts";
import type { RuntimeFacts } from "../runtime_facts.ts";
import { taskName } from "../tasks/task_name.ts";
import type { TaskTable } from "../tasks/task_table.ts";
import { loopDelay } from "./loop_delay.ts";
import { TimeHistogram } from "./time_histogram.ts";
import type {
  AdaptiveMetrics,
  PoolMetrics,
  RuntimeMetrics,
  TaskMetrics,
  ThreadMetrics,
} from "./types.ts";

/** Reads the metrics of all threads. */
export function readMetrics(
  endpoint: Endpoint,
  facts: RuntimeFacts,
  table: TaskTable,
  stats: RuntimeStats,
  decisions: Iterable<FunctionDecisions>,
): RuntimeMetrics {
  const { buffer } = endpoint.metrics.counts;
  const all = facts.threads.map(({ thread }) =>
    new ThreadWords(buffer, thread)
  );
  const workers = new Map<string, WorkerStats>(
    [...stats.compute.workers, ...stats.async.workers].map((worker) =>
      [worker.name, worker] as const
    ),
  );
  const nowMs = endpoint.metrics.now();
  const taskCount = Math.min(table.nextNumber, COUNTED_TASKS);
  const arenas = [
    ...endpoint.payloads.results,
    ...endpoint.lanes.all().map(({ arena }) => arena),
  ];
  return {
    timeMs: nowMs,
    compute: poolOf(stats.compute),
    async: poolOf(stats.async),
    inFlight: countInFlight(endpoint),
    threads: facts.threads.map(({ thread, name, role, cpu }) => ({
      name,
      role,
      cpu,
      threadId: endpoint.control.threadId(thread),
      state: workers.get(name)?.state ?? "busy",
      running: workers.get(name)?.running ?? 0,
      ...countsOf(all[thread], nowMs, taskCount),
    })),
    tasks: readTasks(all, table, taskCount, decisions),
    runTime: TimeHistogram.of(all.map(({ run }) => run)),
    queueTime: TimeHistogram.of(all.map(({ queued }) => queued)),
    latency: TimeHistogram.of(all.map(({ latency }) => latency)),
    eventLoopDelay: loopDelay(),
    arenaBytes: sum(arenas, ({ buffer }) => buffer.byteLength),
    arenaUsedBytes: sum(arenas, ({ usedBytes }) => usedBytes),
  };
}

function poolOf({ queued, running }: PoolMetrics): PoolMetrics {
  return { queued, running };
}

function countsOf(
  { counts, ended, tasks }: ThreadWords,
  nowMs: number,
  taskCount: number,
): Omit<
  ThreadMetrics,
  "name" | "role" | "cpu" | "threadId" | "state" | "running"
> {
  let runs = 0;
  const end = taskCount * TASK_FLOATS;
  for (let i = TASK_RUNS; i < end; i += TASK_FLOATS) runs += tasks[i];
  const sinceMs = counts[COUNT_BUSY_SINCE];
  const openMs = sinceMs === 0 ? 0 : Math.max(0, nowMs - sinceMs);
  return {
    runs,
    failed: counts[COUNT_FAILED],
    dropped: counts[COUNT_DROPPED],
    busyMs: counts[COUNT_BUSY_MS] + openMs,
    parks: counts[COUNT_PARKS],
    wakes: counts[COUNT_WAKES],
    searches: counts[COUNT_SEARCHES],
    joins: counts[COUNT_JOINS],
    lost: ended[ENDED_LOST],
    recycled: ended[ENDED_RECYCLED],
    settledCalls: counts[COUNT_SETTLED],
    cancelledCalls: counts[COUNT_CANCELLED],
    lostCalls: counts[COUNT_LOST],
    sentBytes: counts[COUNT_SENT_BYTES],
    sharedBytes: counts[COUNT_SHARED_BYTES],
  };
}

/** What is added up for the functions of one name. */
interface TaskSum {
  runs: number;
  failed: number;
  timed: number;
  timedMs: number;
  maxMs: number;
}

function readTasks(
  all: readonly ThreadWords[],
  table: TaskTable,
  taskCount: number,
  decisions: Iterable<FunctionDecisions>,
): TaskMetrics[] {
  const adaptive = adaptiveOf(table, decisions);
  const sums = new Map<string, TaskSum>();
  const last = COUNTED_TASKS - 1;
  // Number 0 is no task.
  for (let task = 1; task < taskCount; task++) {
    const found = sumOf(all, task);
    if (found.runs === 0) continue;
    const name = task === last ? OTHER_TASKS : taskName(table.read(task));
    const sum = sums.get(name);
    sums.set(name, sum === undefined ? found : together(sum, found));
  }
  return [...sums].map(([name, { runs, failed, timed, timedMs, maxMs }]) => {
    const meanMs = timed === 0 ? 0 : timedMs / timed;
    const task = { name, runs, failed, totalMs: meanMs * runs, meanMs, maxMs };
    const own = adaptive.get(name);
    return own === undefined ? task : { ...task, adaptive: own };
  });
}

/** The decisions by the name of the function. Of several with one name, the last one counts. */
function adaptiveOf(
  table: TaskTable,
  decisions: Iterable<FunctionDecisions>,
): ReadonlyMap<string, AdaptiveMetrics> {
  const all = new Map<string, AdaptiveMetrics>();
  for (const { task, inline, sent, expectedUs, why } of decisions) {
    const name = task < COUNTED_TASKS - 1
      ? taskName(table.read(task))
      : OTHER_TASKS;
    const { inline: ran = 0, sent: others = 0 } = all.get(name) ?? {};
    all.set(name, {
      inline: ran + inline,
      sent: others + sent,
      expectedUs,
      why,
    });
  }
  return all;
}

/** The name of all functions that have no place of their own. */
const OTHER_TASKS = "(others)";

function sumOf(all: readonly ThreadWords[], task: number): TaskSum {
  const sums = { runs: 0, failed: 0, timed: 0, timedMs: 0, maxMs: 0 };
  const first = task * TASK_FLOATS;
  for (const { tasks } of all) {
    sums.runs += tasks[first + TASK_RUNS];
    sums.failed += tasks[first + TASK_FAILED];
    sums.timed += tasks[first + TASK_TIMED];
    sums.timedMs += tasks[first + TASK_MS];
    sums.maxMs = Math.max(sums.maxMs, tasks[first + TASK_MAX_MS]);
  }
  return sums;
}

function together(a: TaskSum, b: TaskSum): TaskSum {
  return {
    runs: a.runs + b.runs,
    failed: a.failed + b.failed,
    timed: a.timed + b.timed,
    timedMs: a.timedMs + b.timedMs,
    maxMs: Math.max(a.maxMs, b.maxMs),
  };
}

function sum<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0);
}
