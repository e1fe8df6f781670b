/**
 * The ratios that must not get worse: loom to something measured in the same run.
 *
 * @module
 */

/** One figure of loom, divided by the same figure of another subject. */
export interface Watched {
  readonly question: string;
  readonly figure: string;
  readonly to: string;
}

/** Less is better for all of them. */
export const WATCHED: readonly Watched[] = [
  { question: "latency", figure: "p50", to: "floor" },
  { question: "latency", figure: "p50", to: "postMessage" },
  { question: "throughput", figure: "at1000", to: "floor" },
  { question: "throughput", figure: "at1000", to: "postMessage" },
  { question: "throughput", figure: "inFlight64", to: "postMessage" },
  // By value, which postMessage does by structured clone.
  { question: "payload", figure: "string10k", to: "postMessage" },
  { question: "payload", figure: "object", to: "postMessage" },
  { question: "payload", figure: "bytes1m", to: "postMessage" },
  // Shared, which postMessage does by transfer.
  { question: "payload", figure: "view1m", to: "postMessage" },
  { question: "completion", figure: "delay1", to: "postMessage" },
  { question: "startup", figure: "workers1", to: "postMessage" },
  { question: "streams", figure: "at64", to: "postMessage" },
  { question: "parallel", figure: "mapSum", to: "plain loop" },
  { question: "parallel", figure: "sort", to: "plain loop" },
  { question: "memory", figure: "number", to: "bare promise" },
];

/** What a ratio is called in the table and where ratios are stored. */
export function nameOf({ question, figure, to }: Watched): string {
  return `${question} ${figure} / ${to}`;
}
