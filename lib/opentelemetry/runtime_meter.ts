/**
 * The metrics of runtimes as instruments of OpenTelemetry.
 *
 * @module
 */

import {
  type Attributes,
  type BatchObservableResult,
  type Meter,
  type MeterProvider,
  metrics,
  type Observable,
} from "./api.ts";
import { runtimesOfThread } from "../current.ts";
import type { TimeHistogram } from "../metrics/time_histogram.ts";
import type {
  RuntimeMetrics,
  TaskMetrics,
  ThreadMetrics,
} from "../metrics/types.ts";
import type { LoomRuntime } from "../runtime.ts";
import { VERSION } from "../version.ts";
import { SCOPE } from "./spans.ts";

type Source<T> = readonly [
  name: string,
  unit: string,
  description: string,
  of: (of: T) => number,
];

/** By `thread.name`. */
const OF_THREADS: readonly Source<ThreadMetrics>[] = [
  ["loom.runs", "{run}", "Runs of functions.", ({ runs }) => runs],
  ["loom.runs.failed", "{run}", "Runs that threw.", ({ failed }) => failed],
  [
    "loom.calls.dropped",
    "{call}",
    "Calls taken whose outcome nobody needed.",
    ({ dropped }) => dropped,
  ],
  [
    "loom.calls",
    "{call}",
    "Calls made by the thread that have ended.",
    ({ settledCalls }) => settledCalls,
  ],
  [
    "loom.calls.cancelled",
    "{call}",
    "Calls made by the thread that it cancelled or that timed out.",
    ({ cancelledCalls }) => cancelledCalls,
  ],
  [
    "loom.calls.lost",
    "{call}",
    "Calls made by the thread that were lost with their worker.",
    ({ lostCalls }) => lostCalls,
  ],
  [
    "loom.thread.busy_time",
    "s",
    "Time in which the thread ran calls.",
    ({ busyMs }) => busyMs / 1000,
  ],
  ["loom.thread.parks", "{park}", "Times it parked.", ({ parks }) => parks],
  [
    "loom.thread.wakes",
    "{wake}",
    "Times another thread woke it.",
    ({ wakes }) => wakes,
  ],
  [
    "loom.thread.searches",
    "{search}",
    "Times it searched for a call.",
    ({ searches }) => searches,
  ],
  [
    "loom.thread.joins",
    "{join}",
    "Times it joined a parallel loop of another thread.",
    ({ joins }) => joins,
  ],
  ["loom.workers.lost", "{worker}", "Workers lost.", ({ lost }) => lost],
  [
    "loom.workers.recycled",
    "{worker}",
    "Workers that were replaced as planned.",
    ({ recycled }) => recycled,
  ],
  [
    "loom.sent",
    "By",
    "Bytes of arguments and results that were copied.",
    ({ sentBytes }) => sentBytes,
  ],
  [
    "loom.shared",
    "By",
    "Bytes of the shared memory in what was sent.",
    ({ sharedBytes }) => sharedBytes,
  ],
];

/** By `code.function.name`. */
const OF_TASKS: readonly Source<TaskMetrics>[] = [
  ["loom.task.runs", "{run}", "Runs of the function.", ({ runs }) => runs],
  [
    "loom.task.runs.failed",
    "{run}",
    "Runs of the function that threw.",
    ({ failed }) => failed,
  ],
  [
    "loom.task.run_time",
    "s",
    "Time of all runs of the function, estimated from a sample.",
    ({ totalMs }) => totalMs / 1000,
  ],
];

/** By `loom.pool`. */
const OF_POOLS: readonly Source<RuntimeMetrics["compute"]>[] = [
  [
    "loom.calls.queued",
    "{call}",
    "Calls that no worker has begun.",
    ({ queued }) => queued,
  ],
  [
    "loom.calls.running",
    "{call}",
    "Calls that workers run.",
    ({ running }) => running,
  ],
];

const OF_RUNTIME: readonly Source<RuntimeMetrics>[] = [
  [
    "loom.calls.in_flight",
    "{call}",
    "Calls that are not settled.",
    ({ inFlight }) => inFlight,
  ],
  [
    "loom.arena.size",
    "By",
    "Memory for large payloads.",
    ({ arenaBytes }) => arenaBytes,
  ],
  [
    "loom.arena.used",
    "By",
    "Memory for large payloads that is in use.",
    ({ arenaUsedBytes }) => arenaUsedBytes,
  ],
];

/** By `loom.quantile`, of the time since the collection before. */
const TIMES: readonly (readonly [
  name: string,
  description: string,
  of: (of: RuntimeMetrics) => TimeHistogram,
])[] = [
  ["loom.latency", "From calls to their outcome.", ({ latency }) => latency],
  ["loom.queue_time", "Waiting for a worker.", ({ queueTime }) => queueTime],
  ["loom.run_time", "Running on a worker.", ({ runTime }) => runTime],
  [
    "loom.event_loop.delay",
    "Delay of the event loop of the thread that reads the metrics.",
    ({ eventLoopDelay }) => eventLoopDelay,
  ],
];

/** In percent. */
const QUANTILES = [50, 90, 99, 100];

/** Reads the metrics of all runtimes of this thread when a reader collects them. */
export class RuntimeMeter {
  readonly #meter: Meter;
  readonly #instruments = new Map<string, Observable>();
  readonly #before = new WeakMap<LoomRuntime, RuntimeMetrics>();
  readonly #observe = (result: BatchObservableResult): void => {
    for (const runtime of runtimesOfThread()) this.#read(runtime, result);
  };

  /** @param provider Gets the meter; by default the global one. */
  constructor(provider: MeterProvider | undefined) {
    const meter = (provider ?? metrics).getMeter(SCOPE, VERSION);
    this.#meter = meter;
    for (const [name, unit, description] of [...OF_THREADS, ...OF_TASKS]) {
      const counter = meter.createObservableCounter(name, {
        unit,
        description,
      });
      this.#instruments.set(name, counter);
    }
    for (const [name, unit, description] of [...OF_POOLS, ...OF_RUNTIME]) {
      const options = { unit, description };
      const level = meter.createObservableUpDownCounter(name, options);
      this.#instruments.set(name, level);
    }
    for (const [name, description] of TIMES) {
      const gauge = meter.createObservableGauge(name, {
        unit: "s",
        description,
      });
      this.#instruments.set(name, gauge);
    }
    meter.addBatchObservableCallback(this.#observe, this.#all);
  }

  /** Reads nothing any more. */
  stop(): void {
    this.#meter.removeBatchObservableCallback(this.#observe, this.#all);
  }

  get #all(): Observable[] {
    return [...this.#instruments.values()];
  }

  #read(runtime: LoomRuntime, result: BatchObservableResult): void {
    const now = runtime.metrics();
    const own: Attributes = { "loom.runtime": runtime.config.prefix };
    const observe = <T>(
      sources: readonly Source<T>[],
      values: T,
      attributes: Attributes,
    ) => {
      for (const [name, , , of] of sources) {
        const instrument = this.#instruments.get(name)!;
        result.observe(instrument, of(values), attributes);
      }
    };
    for (const thread of now.threads) {
      observe(OF_THREADS, thread, { ...own, "thread.name": thread.name });
    }
    for (const task of now.tasks) {
      observe(OF_TASKS, task, { ...own, "code.function.name": task.name });
    }
    observe(OF_POOLS, now.compute, { ...own, "loom.pool": "compute" });
    observe(OF_POOLS, now.async, { ...own, "loom.pool": "async" });
    observe(OF_RUNTIME, now, own);
    const before = this.#before.get(runtime);
    this.#before.set(runtime, now);
    for (const [name, , of] of TIMES) {
      const times = before === undefined ? of(now) : of(now).since(of(before));
      if (times.count === 0) continue;
      for (const percent of QUANTILES) {
        const attributes = { ...own, "loom.quantile": percent / 100 };
        const seconds = times.percentile(percent) / 1000;
        result.observe(this.#instruments.get(name)!, seconds, attributes);
      }
    }
  }
}
