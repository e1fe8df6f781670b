/**
 * What the threads of the example run: the telemetry of each, and the tasks.
 *
 * @module
 */

import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  BasicTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";
import { currentRuntime, currentWorker, task } from "../../mod.ts";

/** Prints spans. A program would send them, by an exporter for OTLP. */
class Printer implements SpanExporter {
  export(
    spans: ReadableSpan[],
    onExported: Parameters<SpanExporter["export"]>[1],
  ): void {
    for (const span of spans) {
      const thread = currentWorker()?.name ?? "main";
      const { spanId } = span.spanContext();
      const parent = span.parentSpanContext?.spanId ?? "no span";
      console.log(`${thread}: ${span.name}, ${spanId} in ${parent}`);
    }
    onExported({ code: 0 });
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Installs a provider on this thread. Each thread that makes spans needs one. */
export const startTelemetry = task(
  import.meta.url,
  function startTelemetry(): void {
    const contexts = new AsyncLocalStorageContextManager().enable();
    context.setGlobalContextManager(contexts);
    const spanProcessors = [new SimpleSpanProcessor(new Printer())];
    const provider = new BasicTracerProvider({ spanProcessors });
    trace.setGlobalTracerProvider(provider);
  },
);

/** The sum of the squares, of which each is a call of its own. */
export const sumOfSquares = task(
  import.meta.url,
  async function sumOfSquares(numbers: number[]): Promise<number> {
    const runtime = currentRuntime();
    const squares = await Promise.all(
      numbers.map((n) => runtime.spawnCompute(square, n)),
    );
    return squares.reduce((a, b) => a + b, 0);
  },
);

const square = task(import.meta.url, function square(n: number): number {
  const span = trace.getTracer("example").startSpan("multiply");
  const result = n * n;
  span.end();
  return result;
});
