/**
 * The context of OpenTelemetry that a call takes to its worker: the span and the baggage. Other
 * values of a context are known to one thread only.
 *
 * @module
 */

import {
  baggageEntryMetadataFromString,
  type Context,
  createTraceState,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  trace,
  type TraceFlags,
} from "./api.ts";

/** A context as a value that can be sent. */
export type CarriedContext = readonly [
  traceId: string,
  spanId: string,
  traceFlags: TraceFlags,
  traceState: string | null,
  baggage: readonly BaggageEntry[] | null,
];

type BaggageEntry = readonly [
  key: string,
  value: string,
  metadata: string | null,
];

/** What a context has that can be sent; undefined if that is nothing. */
export function carriedContext(from: Context): CarriedContext | undefined {
  const span = trace.getSpanContext(from);
  const entries = propagation.getBaggage(from)?.getAllEntries() ?? [];
  const hasSpan = span !== undefined && isSpanContextValid(span);
  if (!hasSpan && entries.length === 0) return undefined;
  const { traceId = "", spanId = "", traceFlags = 0 } = span ?? {};
  return [
    traceId,
    spanId,
    traceFlags,
    span?.traceState?.serialize() ?? null,
    entries.length === 0 ? null : entries.map(([key, { value, metadata }]) => [
      key,
      value,
      metadata?.toString() ?? null,
    ]),
  ];
}

/** The opposite of {@linkcode carriedContext}. */
export function contextOf(carried: CarriedContext): Context {
  const [traceId, spanId, traceFlags, traceState, entries] = carried;
  const span = {
    traceId,
    spanId,
    traceFlags,
    isRemote: true,
    ...traceState === null ? {} : { traceState: createTraceState(traceState) },
  };
  const result = trace.setSpanContext(ROOT_CONTEXT, span);
  if (entries === null) return result;
  const baggage = entries.map(([key, value, metadata]) => {
    const rest = metadata === null
      ? {}
      : { metadata: baggageEntryMetadataFromString(metadata) };
    return [key, { value, ...rest }] as const;
  });
  return propagation.setBaggage(
    result,
    propagation.createBaggage(Object.fromEntries(baggage)),
  );
}
