/**
 * What tools learn about an observed runtime at one moment.
 *
 * @module
 */

import process from "node:process";
import type { TimeBucket, TimeHistogram } from "../metrics/time_histogram.ts";
import type { RuntimeMetrics } from "../metrics/types.ts";
import type { LoomRuntime } from "../runtime.ts";

/** The histograms of {@linkcode RuntimeMetrics}. */
const HISTOGRAMS = [
  "runTime",
  "queueTime",
  "latency",
  "eventLoopDelay",
] as const;

/** Those of a snapshot, as buckets: two snapshots give what came between them. */
export type Buckets = Readonly<
  Record<typeof HISTOGRAMS[number], readonly TimeBucket[]>
>;

/** An observed runtime at one moment, before it becomes JSON. */
export interface Snapshot<Metrics = RuntimeMetrics> {
  readonly pid: number;
  /** The path of the program. */
  readonly program: string;
  /** Such as `deno 2.9.6`. */
  readonly runtime: string;
  /** The prefix of the names of its threads. */
  readonly name: string;
  /** When the main thread has started, in milliseconds since 1970. */
  readonly startedMs: number;
  /** Memory of the whole process. */
  readonly rssBytes: number;
  readonly metrics: Metrics;
  readonly buckets: Buckets;
}

/** Reads what a runtime does. */
export function readSnapshot(runtime: LoomRuntime): Snapshot {
  const metrics = runtime.metrics();
  return {
    pid: process.pid,
    program: process.argv[1] ?? "",
    runtime: engine(),
    name: runtime.config.prefix,
    startedMs: performance.timeOrigin,
    rssBytes: process.memoryUsage.rss(),
    metrics,
    buckets: Object.fromEntries(
      HISTOGRAMS.map((
        name,
      ) => [name, (metrics[name] as TimeHistogram).buckets()]),
    ) as unknown as Buckets,
  };
}

function engine(): string {
  const { versions } = process;
  const name = ["bun", "deno", "node"].find((name) => versions[name])!;
  return `${name} ${versions[name]}`;
}
