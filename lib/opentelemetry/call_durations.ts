/**
 * Histograms of the times that calls take.
 *
 * @module
 */

import { type MeterProvider, metrics } from "./api.ts";
import { VERSION } from "../version.ts";
import { type OnEnd, SCOPE } from "./spans.ts";

/** Bounds of the buckets in seconds: calls may take microseconds. */
const BOUNDARIES: number[] = [
  ...[1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1].flatMap((s) => [s, 2.5 * s, 5 * s]),
  10,
];

/** Records each call that ends. */
export class CallDurations {
  /** See {@linkcode OnEnd}. */
  readonly onEnd: OnEnd;

  /** @param provider Gets the meter; by default the global one. */
  constructor(provider: MeterProvider | undefined) {
    const meter = (provider ?? metrics).getMeter(SCOPE, VERSION);
    const histogram = (name: string, description: string) =>
      meter.createHistogram(name, {
        description,
        unit: "s",
        advice: { explicitBucketBoundaries: BOUNDARIES },
      });
    const call = histogram(
      "loom.call.duration",
      "Time from the call to its outcome.",
    );
    const queue = histogram(
      "loom.call.queue.duration",
      "Time in which the call waited for a worker.",
    );
    const running = histogram(
      "loom.call.run.duration",
      "Time in which a worker ran the call.",
    );
    this.onEnd = (attributes, { run }, seconds) => {
      call.record(seconds, attributes);
      if (run === undefined) return;
      queue.record(run.queueMs / 1000, attributes);
      running.record(run.ms / 1000, attributes);
    };
  }
}
