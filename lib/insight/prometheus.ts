/**
 * The metrics of a runtime in the text format of Prometheus.
 *
 * @module
 */

import type { TimeHistogram } from "../metrics/time_histogram.ts";
import type { TaskMetrics, ThreadMetrics } from "../metrics/types.ts";
import type { LoomRuntime } from "../runtime.ts";

/** The `Content-Type` of {@linkcode prometheusText}. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Names of labels and their values. */
export type Labels = Readonly<Record<string, string>>;

/**
 * The metrics of a runtime in the text format of Prometheus, version 0.0.4, for the body of a
 * scrape. Names begin with `loom_`, times are in seconds and sizes in bytes.
 *
 * @param runtime The runtime.
 * @param labels Labels of every sample, to tell several runtimes apart.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { prometheusText } from "@loom/runtime/insight";
 *
 * await using runtime = await new LoomBuilder().build();
 * const text = prometheusText(runtime, { pool: "images" });
 * console.log(text.split("\n")[1]); // # TYPE loom_runs_total counter
 * ```
 */
export function prometheusText(
  runtime: LoomRuntime,
  labels: Labels = {},
): string {
  const metrics = runtime.metrics();
  const page = new Page(labels);
  for (const [name, help, of] of THREAD_COUNTERS) {
    page.family(name, "counter", help);
    for (const thread of metrics.threads) {
      page.sample(name, { thread: thread.name }, of(thread));
    }
  }
  for (const [name, help, of] of TASK_COUNTERS) {
    page.family(name, "counter", help);
    for (const task of metrics.tasks) {
      page.sample(name, { task: task.name }, of(task));
    }
  }
  const calls = "loom_adaptive_calls_total";
  page.family(calls, "counter", "Adaptive calls of the scraped thread.");
  for (const { name: task, adaptive } of metrics.tasks) {
    if (adaptive === undefined) continue;
    page.sample(calls, { task, where: "inline" }, adaptive.inline);
    page.sample(calls, { task, where: "sent" }, adaptive.sent);
  }
  const { compute, async, inFlight, arenaBytes } = metrics;
  page.family("loom_queued_calls", "gauge", "Calls that no worker has begun.");
  page.sample("loom_queued_calls", { pool: "compute" }, compute.queued);
  page.sample("loom_queued_calls", { pool: "async" }, async.queued);
  page.family("loom_running_calls", "gauge", "Calls that workers run.");
  page.sample("loom_running_calls", { pool: "compute" }, compute.running);
  page.sample("loom_running_calls", { pool: "async" }, async.running);
  page.family("loom_in_flight_calls", "gauge", "Calls that are not settled.");
  page.sample("loom_in_flight_calls", {}, inFlight);
  page.family("loom_arena_bytes", "gauge", "Memory for large payloads.");
  page.sample("loom_arena_bytes", {}, arenaBytes);
  for (const [name, help, of] of HISTOGRAMS) {
    page.histogram(name, help, of(metrics));
  }
  return page.text;
}

type Counter<T> = readonly [name: string, help: string, of: (of: T) => number];

const THREAD_COUNTERS: readonly Counter<ThreadMetrics>[] = [
  ["loom_runs_total", "Runs of functions.", ({ runs }) => runs],
  ["loom_failed_runs_total", "Runs that threw.", ({ failed }) => failed],
  [
    "loom_dropped_calls_total",
    "Calls taken whose outcome nobody needed.",
    ({ dropped }) => dropped,
  ],
  [
    "loom_busy_seconds_total",
    "Time in which the thread ran calls.",
    ({ busyMs }) => busyMs / 1000,
  ],
  ["loom_parks_total", "Times the thread parked.", ({ parks }) => parks],
  ["loom_wakes_total", "Times another thread woke it.", ({ wakes }) => wakes],
  [
    "loom_searches_total",
    "Times the thread searched for a call.",
    ({ searches }) => searches,
  ],
  [
    "loom_loop_joins_total",
    "Times the thread joined a parallel loop of another.",
    ({ joins }) => joins,
  ],
  ["loom_lost_workers_total", "Workers that were lost.", ({ lost }) => lost],
  [
    "loom_recycled_workers_total",
    "Workers that were replaced as planned.",
    ({ recycled }) => recycled,
  ],
  [
    "loom_settled_calls_total",
    "Calls made by the thread that have ended.",
    ({ settledCalls }) => settledCalls,
  ],
  [
    "loom_cancelled_calls_total",
    "Calls made by the thread that it cancelled or that timed out.",
    ({ cancelledCalls }) => cancelledCalls,
  ],
  [
    "loom_lost_calls_total",
    "Calls made by the thread that were lost with their worker.",
    ({ lostCalls }) => lostCalls,
  ],
  [
    "loom_sent_bytes_total",
    "Bytes of arguments and results that were copied.",
    ({ sentBytes }) => sentBytes,
  ],
  [
    "loom_shared_bytes_total",
    "Bytes of the shared memory in what was sent.",
    ({ sharedBytes }) => sharedBytes,
  ],
];

const TASK_COUNTERS: readonly Counter<TaskMetrics>[] = [
  ["loom_task_runs_total", "Runs of the function.", ({ runs }) => runs],
  [
    "loom_task_failed_runs_total",
    "Runs of the function that threw.",
    ({ failed }) => failed,
  ],
  [
    "loom_task_seconds_total",
    "Time of all runs of the function, estimated from a sample.",
    ({ totalMs }) => totalMs / 1000,
  ],
];

type Times = ReturnType<LoomRuntime["metrics"]>;

const HISTOGRAMS: readonly (readonly [
  name: string,
  help: string,
  of: (metrics: Times) => TimeHistogram,
])[] = [
  ["loom_run_seconds", "Time of calls on workers.", ({ runTime }) => runTime],
  [
    "loom_queue_seconds",
    "Time in which calls waited for a worker.",
    ({ queueTime }) => queueTime,
  ],
  [
    "loom_call_seconds",
    "Time from the submission of calls to their outcome.",
    ({ latency }) => latency,
  ],
  [
    "loom_event_loop_delay_seconds",
    "Delay of the event loop since the first scrape.",
    ({ eventLoopDelay }) => eventLoopDelay,
  ],
];

/** Ends of the buckets, from a microsecond to half a minute, each four times the last. */
const BUCKETS_MS = Array.from({ length: 13 }, (_, i) => 2 ** (2 * i - 10));

/** The text so far. */
class Page {
  text = "";
  readonly #labels: Labels;

  constructor(labels: Labels) {
    this.#labels = labels;
  }

  /** Begins the samples of one name. */
  family(name: string, type: string, help: string): void {
    this.text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  }

  sample(name: string, labels: Labels, value: number): void {
    const all = Object.entries({ ...this.#labels, ...labels })
      .map(([label, value]) => `${label}="${escape(value)}"`);
    const list = all.length === 0 ? "" : `{${all.join(",")}}`;
    this.text += `${name}${list} ${value}\n`;
  }

  histogram(name: string, help: string, times: TimeHistogram): void {
    this.family(name, "histogram", help);
    for (const ms of BUCKETS_MS) {
      const le = String(ms / 1000);
      this.sample(`${name}_bucket`, { le }, times.countBelow(ms));
    }
    this.sample(`${name}_bucket`, { le: "+Inf" }, times.count);
    this.sample(`${name}_sum`, {}, times.sumMs / 1000);
    this.sample(`${name}_count`, {}, times.count);
  }
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")
    .replaceAll('"', '\\"');
}
