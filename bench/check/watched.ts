/**
 * The ratios that must not get worse: loom to something measured in the same run.
 *
 * @module
 */

/** One figure of loom, divided by the same figure of another contender. */
export interface Watched {
  readonly benchmark: string;
  readonly figure: string;
  readonly to: string;
}

/** Less is better for all of them. */
export const WATCHED: readonly Watched[] = [
  { benchmark: "latency", figure: "p50", to: "floor" },
  { benchmark: "latency", figure: "p50", to: "postMessage" },
  { benchmark: "throughput", figure: "at1000", to: "floor" },
  { benchmark: "throughput", figure: "at1000", to: "postMessage" },
  { benchmark: "throughput", figure: "inFlight64", to: "postMessage" },
  // By value, which postMessage does by structured clone.
  { benchmark: "payload", figure: "string10k", to: "postMessage" },
  { benchmark: "payload", figure: "object", to: "postMessage" },
  { benchmark: "payload", figure: "bytes1m", to: "postMessage" },
  // Shared, which postMessage does by transfer.
  { benchmark: "payload", figure: "view1m", to: "postMessage" },
  { benchmark: "completion", figure: "delay1", to: "postMessage" },
  { benchmark: "startup", figure: "workers1", to: "postMessage" },
  { benchmark: "streams", figure: "at64", to: "postMessage" },
  { benchmark: "parallel", figure: "mapSum", to: "plain loop" },
  { benchmark: "parallel", figure: "sort", to: "plain loop" },
  { benchmark: "memory", figure: "number", to: "bare promise" },
];

/** What a ratio is called in the table and where ratios are stored. */
export function nameOf({ benchmark, figure, to }: Watched): string {
  return `${benchmark} ${figure} / ${to}`;
}
