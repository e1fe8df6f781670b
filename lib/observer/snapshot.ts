/**
 * What tools learn about an observed runtime at one moment.
 *
 * @module
 */

import process from "node:process";
import type { Snapshot as ShownSnapshot } from "../dashboard/types.ts";
import type { TimeHistogram } from "../metrics/time_histogram.ts";
import type { RuntimeMetrics } from "../metrics/types.ts";
import type { LoomRuntime } from "../runtime.ts";

/** The histograms of {@linkcode RuntimeMetrics}. */
const HISTOGRAMS = [
  "runTime",
  "queueTime",
  "latency",
  "eventLoopDelay",
] as const;

/** An observed runtime at one moment, before it becomes JSON. */
export type Snapshot<Metrics = RuntimeMetrics> = ShownSnapshot<Metrics>;

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
    hasHosts: runtime.listHosts !== undefined,
    metrics,
    buckets: Object.fromEntries(
      HISTOGRAMS.map((
        name,
      ) => [name, (metrics[name] as TimeHistogram).buckets()]),
    ) as unknown as Snapshot["buckets"],
  };
}

function engine(): string {
  const { versions } = process;
  const name = ["bun", "deno", "node"].find((name) => versions[name])!;
  return `${name} ${versions[name]}`;
}
