/**
 * Spans that a test has made.
 *
 * @module
 */

import { trace } from "@opentelemetry/api";
import assert from "node:assert/strict";
import { LoomInstrumentation } from "../../lib/opentelemetry/mod.ts";
import {
  installTelemetry,
  type SpanRecord,
  takeSpans,
  uninstallTelemetry,
} from "../fixtures/tasks/telemetry.ts";

/** Instruments this thread, runs the body in a span and returns what has ended, that span last. */
export async function traced(
  body: () => Promise<unknown>,
  instrumentation: LoomInstrumentation = new LoomInstrumentation(),
): Promise<SpanRecord[]> {
  installTelemetry();
  try {
    await trace.getTracer("test").startActiveSpan("root", async (span) => {
      try {
        await body();
      } finally {
        span.end();
      }
    });
    return takeSpans();
  } finally {
    instrumentation.disable();
    uninstallTelemetry();
  }
}

/** The only span of a name. */
export function find(spans: readonly SpanRecord[], name: string): SpanRecord {
  const found = spans.filter((span) => span.name === name);
  assert.equal(found.length, 1, `${name}: ${spans.map(({ name }) => name)}`);
  return found[0];
}
