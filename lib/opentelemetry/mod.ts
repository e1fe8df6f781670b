/**
 * Spans and metrics of OpenTelemetry. An entry of its own, which needs the package
 * `@opentelemetry/api`.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { LoomInstrumentation } from "@loom/runtime/opentelemetry";
 *
 * new LoomInstrumentation();
 * await using runtime = await new LoomBuilder().build();
 * await runtime.spawnCompute((n: number) => n * n, 12);
 * ```
 *
 * @module
 */

export {
  LoomInstrumentation,
  type LoomInstrumentationConfig,
  type MeterSource,
  type TracerSource,
} from "./instrumentation.ts";
