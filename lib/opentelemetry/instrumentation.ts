/**
 * Connects the runtimes of a program with the providers of OpenTelemetry.
 *
 * @module
 */

import type { MeterProvider, TracerProvider } from "./api.ts";
import { currentWorker } from "../current.ts";
import { VERSION } from "../version.ts";
import { CallDurations } from "./call_durations.ts";
import { RuntimeMeter } from "./runtime_meter.ts";
import { observeSpans, stopSpans } from "./spans.ts";
import { inCallersContext } from "./worker_context.ts";

/** A `TracerProvider` of `@opentelemetry/api`, whose types a program need not have. */
export interface TracerSource {
  /** Returns a `Tracer`. */
  getTracer(name: string, version?: string): object;
}

/** A `MeterProvider` of `@opentelemetry/api`. */
export interface MeterSource {
  /** Returns a `Meter`. */
  getMeter(name: string, version?: string): object;
}

/** What {@linkcode LoomInstrumentation} does. */
export interface LoomInstrumentationConfig {
  /** Whether it works from the start; true by default. */
  readonly enabled?: boolean;
  /** Whether calls have spans, and contexts go into tasks; true by default. */
  readonly spans?: boolean;
  /** Whether the metrics of the runtimes are read when metrics are collected; true by default. */
  readonly metrics?: boolean;
  /**
   * Whether the histograms `loom.call.duration`, `loom.call.queue.duration` and
   * `loom.call.run.duration` record each call that this thread makes. Off by default: what is
   * always on has percentiles, and costs a call nothing. They are recorded with the spans.
   */
  readonly durations?: boolean;
}

/**
 * Spans and metrics of OpenTelemetry for all runtimes of this thread, those included that are
 * built later. Works with what the application has installed: without a provider it does nothing.
 *
 * It has the shape of other instrumentations, so that `registerInstrumentations()` and the SDKs
 * take it in their lists. By itself, `new LoomInstrumentation()` is enough.
 *
 * Each call has a span, whose parent is the active span of its caller. In the task, that span is
 * the active one, also on another thread: calls that the task makes, and spans that it creates,
 * are its children. Baggage goes along.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { LoomInstrumentation } from "@loom/runtime/opentelemetry";
 *
 * // After the providers of the application are registered.
 * new LoomInstrumentation();
 * await using runtime = await new LoomBuilder().build();
 * await runtime.spawnCompute((n: number) => n * n, 12); // a span: compute (n) => n * n
 * ```
 */
export class LoomInstrumentation {
  /** Name of the package. */
  readonly instrumentationName = "@loom/runtime";
  /** Version of the package. */
  readonly instrumentationVersion: string = VERSION;
  #config: LoomInstrumentationConfig;
  #tracerProvider: TracerProvider | undefined;
  #meterProvider: MeterProvider | undefined;
  #meter: RuntimeMeter | undefined;
  #isEnabled = false;

  /**
   * Begins, unless `enabled` is false.
   *
   * @param config What it does.
   */
  constructor(config: LoomInstrumentationConfig = {}) {
    // What registers instrumentations enables those that do not say that they are.
    this.#config = { enabled: true, ...config };
    if (this.#config.enabled) this.enable();
  }

  /** Begins. On a thread, only one instrumentation makes spans: the one enabled last. */
  enable(): void {
    this.#stop();
    this.#isEnabled = true;
    const { spans = true, metrics = true, durations = false } = this.#config;
    const meterProvider = this.#meterProvider;
    if (spans) {
      const onEnd = durations
        ? new CallDurations(meterProvider).onEnd
        : undefined;
      const provider = this.#tracerProvider;
      observeSpans({ inContext: inCallersContext, provider, onEnd });
    }
    // The main thread reads those of the workers. In setup(), a worker has no runtime yet.
    if (metrics && currentWorker() === undefined) {
      this.#meter = new RuntimeMeter(meterProvider);
    }
  }

  /** Ends. */
  disable(): void {
    if (this.#isEnabled) this.#stop();
    this.#isEnabled = false;
  }

  /** Uses another provider than the global one for spans. */
  setTracerProvider(provider: TracerSource): void {
    this.#tracerProvider = provider as TracerProvider;
    if (this.#isEnabled) this.enable();
  }

  /** Uses another provider than the global one for metrics. */
  setMeterProvider(provider: MeterSource): void {
    this.#meterProvider = provider as MeterProvider;
    if (this.#isEnabled) this.enable();
  }

  /** Changes what it does. */
  setConfig(config: LoomInstrumentationConfig): void {
    this.#config = config;
    if (this.#isEnabled) this.enable();
  }

  /** What it does. */
  getConfig(): LoomInstrumentationConfig {
    return this.#config;
  }

  #stop(): void {
    stopSpans();
    this.#meter?.stop();
    this.#meter = undefined;
  }
}
