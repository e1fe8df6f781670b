/**
 * The ratios that must not get worse: loom to another contender of the same run.
 *
 * @module
 */

/** One figure of loom, divided by the same figure of another contender. */
export interface Watched {
  readonly benchmark: string;
  readonly figure: string;
  readonly to: string;
}

/** The watched ratios; lower is better. */
export const WATCHED: readonly Watched[] = [
  { benchmark: "latency", figure: "p50", to: "floor" },
  { benchmark: "latency", figure: "p50", to: "postMessage" },
  // Earlier windows vary with the moments at which compilers replace code.
  { benchmark: "first_calls", figure: "settled", to: "floor" },
  { benchmark: "throughput", figure: "at10", to: "floor" },
  { benchmark: "throughput", figure: "at1000", to: "floor" },
  { benchmark: "throughput", figure: "inFlight64", to: "floor" },
  { benchmark: "throughput", figure: "at1000", to: "postMessage" },
  { benchmark: "throughput", figure: "inFlight64", to: "postMessage" },
  { benchmark: "payload", figure: "string100", to: "floor" },
  { benchmark: "payload", figure: "object", to: "floor" },
  { benchmark: "payload", figure: "bytes1k", to: "floor" },
  // By value, which postMessage does by structured clone.
  { benchmark: "payload", figure: "string10k", to: "postMessage" },
  { benchmark: "payload", figure: "object", to: "postMessage" },
  { benchmark: "payload", figure: "bytes1m", to: "postMessage" },
  { benchmark: "payload", figure: "bytes16m", to: "postMessage" },
  // Shared, which postMessage does by transfer.
  { benchmark: "payload", figure: "view1m", to: "postMessage" },
  { benchmark: "completion", figure: "delay1", to: "postMessage" },
  // Without the import and with it; a bare worker imports nothing.
  { benchmark: "startup", figure: "start1", to: "postMessage" },
  { benchmark: "startup", figure: "ready", to: "postMessage" },
  { benchmark: "startup", figure: "start4", to: "postMessage" },
  { benchmark: "streams", figure: "at64", to: "floor" },
  { benchmark: "streams", figure: "at64", to: "postMessage" },
  { benchmark: "parallel", figure: "mapSum", to: "plain loop" },
  { benchmark: "parallel", figure: "sort", to: "plain loop" },
  { benchmark: "memory", figure: "number", to: "bare promise" },
  { benchmark: "memory", figure: "object", to: "bare promise" },
];

/** The name of a ratio in tables and in bench/baseline.json. */
export function nameOf({ benchmark, figure, to }: Watched): string {
  return `${benchmark} ${figure} / ${to}`;
}
