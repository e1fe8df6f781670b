/**
 * What this part uses of the API of OpenTelemetry.
 *
 * @module
 */

export {
  type Attributes,
  baggageEntryMetadataFromString,
  type BatchObservableResult,
  type Context,
  context,
  type ContextManager,
  createContextKey,
  createTraceState,
  isSpanContextValid,
  type Meter,
  type MeterProvider,
  metrics,
  type Observable,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type TraceFlags,
  type TracerProvider,
} from "@opentelemetry/api";
