/**
 * What a runtime does, for tools that watch programs. An entry of its own, so that programs that
 * do not use it do not load it.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { prometheusText } from "@loom/runtime/insight";
 *
 * await using runtime = await new LoomBuilder().build();
 * await runtime.spawnCompute((n: number) => n * n, 12);
 * console.log(prometheusText(runtime).includes("loom_runs_total")); // true
 * ```
 *
 * @module
 */

export { type CallMarks, markCalls } from "./marks.ts";
export { type Labels, PROMETHEUS_TYPE, prometheusText } from "./prometheus.ts";
