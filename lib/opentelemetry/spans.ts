/**
 * Spans of calls.
 *
 * @module
 */

import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  type TracerProvider,
} from "./api.ts";
import { observeCalls } from "../current.ts";
import { HostLostError, TimeoutError, WorkerLostError } from "../errors.ts";
import type {
  Beginning,
  CallObserver,
  Carrier,
  Ending,
  Observation,
  Operation,
  Run,
} from "../observers/observers.ts";
import { threadState } from "../thread_state.ts";
import { VERSION } from "../version.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { carriedContext } from "./carried_context.ts";

/** Name of the instrumentation scope. */
export const SCOPE = "@loom/runtime";

const state = threadState("opentelemetry spans", () => ({
  /** Ends the spans of this thread; undefined while there are none. */
  stop: undefined as (() => void) | undefined,
}));

/** Of calls between processes; all others are INTERNAL. */
const KINDS: Partial<Readonly<Record<Operation, SpanKind>>> = {
  cluster: SpanKind.CLIENT,
  // Hosts may take its items when it has ended.
  clusterMap: SpanKind.PRODUCER,
  serve: SpanKind.SERVER,
};

/** What spans need. */
export interface SpanOptions {
  /** The task that runs functions in a context. */
  readonly inContext: AnyFunction;
  /** Gets the tracer; by default the global one. */
  readonly provider?: TracerProvider | undefined;
  /**
   * Whether calls outside of any span are none of its business. On workers: when the main thread
   * makes no spans any more, they do not begin traces of their own.
   */
  readonly onlyInside?: boolean;
  /** Is told of each call that ends. */
  readonly onEnd?: OnEnd | undefined;
}

/**
 * Makes spans of the calls of this thread from now on. A thread has only one maker of spans,
 * however often the library is loaded: the last one.
 */
export function observeSpans(options: SpanOptions): void {
  stopSpans();
  state.stop = observeCalls(new SpanObserver(options));
}

/** Whether spans are made of the calls of this thread. */
export function areSpansObserved(): boolean {
  return state.stop !== undefined;
}

/** Makes no spans any more. */
export function stopSpans(): void {
  state.stop?.();
  state.stop = undefined;
}

/** Is told of each call that ends, with attributes of few values. */
export type OnEnd = (
  attributes: Attributes,
  ending: Ending,
  seconds: number,
) => void;

class SpanObserver implements CallObserver {
  readonly #options: SpanOptions;

  constructor(options: SpanOptions) {
    this.#options = options;
  }

  /** See {@linkcode CallObserver}. */
  begin(beginning: Beginning): Observation | undefined {
    const { provider = trace, inContext, onlyInside, onEnd } = this.#options;
    const { operation, task, file, runtime, priority, received } = beginning;
    const parent = received === undefined
      ? context.active()
      : propagation.extract(ROOT_CONTEXT, received);
    if (onlyInside && carriedContext(parent) === undefined) return undefined;
    const attributes: Attributes = {
      "code.function.name": task,
      "loom.operation": operation,
    };
    if (runtime !== undefined) attributes["loom.runtime"] = runtime;
    const details: Attributes = { ...attributes };
    if (file !== undefined) details["code.file.path"] = file;
    if (priority !== "normal") details["loom.priority"] = priority;
    const tracer = provider.getTracer(SCOPE, VERSION);
    const clock = new SpanClock();
    const startTime = clock.timeOf(clock.startMs);
    const span = tracer.startSpan(
      `${operation} ${task}`,
      {
        kind: KINDS[operation] ?? SpanKind.INTERNAL,
        attributes: details,
        startTime,
      },
      parent,
    );
    const active = trace.setSpan(parent, span);
    const carried = carriedContext(active);
    // The application has no provider, and nothing to carry.
    if (carried === undefined && onEnd === undefined) return undefined;
    const wrapper = { task: inContext, value: carried, isContext: true };
    return new SpanObservation(
      span,
      clock,
      active,
      attributes,
      carried === undefined ? undefined : wrapper,
      onEnd,
    );
  }
}

/**
 * The time of one span. Its start and end and the events of the worker come from the same clock,
 * so that they are in order, also when the clock of the day is set meanwhile.
 */
class SpanClock {
  /** When the span started. */
  readonly startMs: number = performance.now();
  readonly #startedAt = Date.now();

  /** A time as seconds and nanoseconds, the one form that all providers read alike. */
  timeOf(ms: number): [seconds: number, nanoseconds: number] {
    const epochMs = this.#startedAt + ms - this.startMs;
    const seconds = Math.floor(epochMs / 1000);
    return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
  }
}

/** The span of one call. */
class SpanObservation implements Observation {
  /** See {@linkcode Observation}. */
  readonly wrapper: Observation["wrapper"];
  /** See {@linkcode Observation}. */
  readonly ignoresEnd: boolean;
  readonly #span: Span;
  readonly #clock: SpanClock;
  readonly #active: Context;
  readonly #attributes: Attributes;
  readonly #onEnd: OnEnd | undefined;

  constructor(
    span: Span,
    clock: SpanClock,
    active: Context,
    attributes: Attributes,
    wrapper: Observation["wrapper"],
    onEnd: OnEnd | undefined,
  ) {
    this.#span = span;
    this.#clock = clock;
    this.#active = active;
    this.#attributes = attributes;
    this.#onEnd = onEnd;
    this.wrapper = wrapper;
    this.ignoresEnd = onEnd === undefined && !span.isRecording();
  }

  /** See {@linkcode Observation}. */
  carry(carrier: Carrier): void {
    propagation.inject(this.#active, carrier);
  }

  /** See {@linkcode Observation}. */
  runHere<T>(fn: () => T): T {
    return context.with(this.#active, fn);
  }

  /** See {@linkcode Observation}. */
  end(ending: Ending): void {
    const outcome = outcomeOf(ending);
    const span = this.#span;
    const clock = this.#clock;
    const endMs = performance.now();
    if (span.isRecording()) {
      if (ending.run !== undefined) this.#describeRun(ending.run, endMs);
      describe(span, ending, outcome);
    }
    span.end(clock.timeOf(endMs));
    if (this.#onEnd === undefined) return;
    const attributes = { ...this.#attributes, "loom.outcome": outcome };
    this.#onEnd(attributes, ending, (endMs - clock.startMs) / 1000);
  }

  #describeRun(
    { thread, threadId, startMs, ms, queueMs }: Run,
    endMs: number,
  ): void {
    const span = this.#span;
    const clock = this.#clock;
    // The clocks of two threads may differ by some microseconds.
    const within = (ms: number) =>
      clock.timeOf(Math.min(Math.max(ms, clock.startMs), endMs));
    span.setAttributes({
      "thread.name": thread,
      "loom.queue.duration": queueMs / 1000,
      "loom.run.duration": ms / 1000,
    });
    if (threadId !== 0) span.setAttribute("thread.id", threadId);
    span.addEvent("loom.run.start", within(startMs));
    span.addEvent("loom.run.end", within(startMs + ms));
  }
}

/** Which of the errors of the library it is, if it is one. */
function outcomeOf({ outcome, error }: Ending): string {
  if (outcome !== "error") return outcome;
  if (error instanceof TimeoutError) return "timeout";
  return error instanceof WorkerLostError || error instanceof HostLostError
    ? "lost"
    : "error";
}

/** Says how a call has ended. */
function describe(span: Span, ending: Ending, outcome: string): void {
  const { items, error } = ending;
  span.setAttribute("loom.outcome", outcome);
  if (items !== undefined) span.setAttribute("loom.items", items);
  // The caller has cancelled it: that is not an error of the call.
  if (ending.outcome !== "error") return;
  const isError = error instanceof Error;
  span.setAttribute("error.type", isError ? error.name : typeof error);
  span.recordException(isError ? error : String(error));
  span.setStatus({
    code: SpanStatusCode.ERROR,
    message: isError ? error.message : String(error),
  });
}
