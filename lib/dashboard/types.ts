/**
 * What the page gets from the program that it shows.
 *
 * @module
 */

import type { RuntimeMetrics } from "../metrics/types.ts";
import type { RecentCall, RecentCalls } from "../trace/trace.ts";

/** A set of times as JSON. */
export interface Times {
  /** Number of times since the program started. */
  readonly count: number;
  /** Percentiles since the program started, in milliseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly maxMs: number;
}

/** The buckets of a histogram that are not empty, in ascending order. */
export type Buckets = readonly {
  readonly endMs: number;
  readonly count: number;
}[];

/** The names of the histograms in {@linkcode RuntimeMetrics}. */
type Histograms = "runTime" | "queueTime" | "latency" | "eventLoopDelay";

/** {@linkcode RuntimeMetrics} as JSON. */
export type Metrics =
  & Omit<RuntimeMetrics, Histograms>
  & Readonly<Record<Histograms, Times>>;

/** What `GET /snapshot` answers. */
export interface Snapshot<M = Metrics> {
  readonly pid: number;
  /** The file or command of the program. */
  readonly program: string;
  /** Such as `deno 2.9.6`. */
  readonly runtime: string;
  /** The prefix of the names of the threads. */
  readonly name: string;
  /** When the program started, in milliseconds since 1970. */
  readonly startedMs: number;
  /** Memory of the whole process. */
  readonly rssBytes: number;
  /** Whether it sends calls to a cluster and answers `GET /hosts`. */
  readonly hasHosts: boolean;
  readonly metrics: M;
  /** The histograms as buckets: two snapshots give what came between them. */
  readonly buckets: Readonly<Record<Histograms, Buckets>>;
}

/** One call in the timeline, or a part of a parallel loop. */
export type Slice = RecentCall;

/** What `GET /calls?since=MS` answers. */
export type Calls = RecentCalls;

/** One host of a cluster, in what `GET /hosts` answers: the list that `findHosts()` returns. */
export interface Host {
  readonly id: string;
  readonly host: string;
  readonly group: string;
  readonly version: string;
  readonly runtime: string;
  readonly computeThreads: number;
  readonly inFlight: number;
  readonly draining: boolean;
  readonly loadAverage: number;
}

/** What happened between two snapshots, as the charts show it. */
export interface Point {
  /** On the clock of the metrics. */
  readonly timeMs: number;
  /** Whether the time before it is unknown, so that no line leads to it. */
  readonly afterGap: boolean;
  readonly callsPerSecond: number;
  readonly failedPerSecond: number;
  /** How many workers were busy on average. */
  readonly busyWorkers: number;
  readonly queued: number;
  readonly running: number;
  readonly latencyP50: number;
  readonly latencyP99: number;
  readonly loopDelayP50: number;
  readonly loopDelayP99: number;
  readonly rssBytes: number;
  readonly arenaUsedBytes: number;
}

/** A thread as the map and the table show it. */
export interface ThreadView {
  readonly name: string;
  /** Such as `C12`. */
  readonly short: string;
  readonly role: "async" | "compute";
  /** Whether it is the thread that built the runtime. */
  readonly isMain: boolean;
  readonly cpu: number | null;
  readonly threadId: number;
  readonly state: "busy" | "searching" | "asleep";
  /** The part of the last interval in which it ran calls, from 0 to 1. */
  readonly load: number;
  readonly running: number;
  readonly runs: number;
  readonly runsPerSecond: number;
  readonly failed: number;
  readonly parksPerSecond: number;
  readonly lost: number;
  readonly recycled: number;
  /** Whether a worker of it was lost a short time ago. */
  readonly wasJustLost: boolean;
}

/** A function as the table shows it. */
export interface TaskView {
  readonly name: string;
  readonly runs: number;
  readonly runsPerSecond: number;
  readonly failed: number;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
  /** How many threads it kept busy in the last interval. */
  readonly busyThreads: number;
}

/** The end of a worker. */
export interface WorkerEnd {
  /** On the clock of the metrics. */
  readonly timeMs: number;
  readonly thread: string;
  readonly kind: "lost" | "recycled";
  /** How many workers of the thread have ended so. */
  readonly total: number;
}
