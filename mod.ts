/**
 * loom: a thread-pool runtime for Deno and Bun. Event loops for I/O and compute workers for
 * CPU-bound work, each pinned to its CPU, joined by a bridge of shared memory.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().prefix("myapp").build();
 * const squares = await Promise.all(
 *   [1, 2, 3].map((n) => runtime.spawnCompute((x: number) => x * x, n)),
 * );
 * console.log(squares); // [1, 4, 9]
 * ```
 *
 * @module
 */

export { LoomBuilder } from "./lib/builder.ts";
export type {
  Cloned,
  ClonedObject,
  Movable,
  Moved,
  MovedMark,
  SharedValue,
} from "./lib/cloned.ts";
export {
  currentSignal,
  isCancelled,
  throwIfCancelled,
} from "./lib/cancellation.ts";
export {
  adaptiveMap,
  computeMap,
  computeStream,
  currentRuntime,
  currentWorker,
  spawnAdaptive,
  spawnAsync,
  spawnCompute,
  tryCurrentRuntime,
} from "./lib/current.ts";
export type {
  AsyncHandle,
  ComputePool,
  CurrentWorker,
  ObserverAddresses,
  PoolStats,
  RuntimeStats,
  ThreadInfo,
  WorkerStats,
} from "./lib/handles.ts";
export { AdaptiveRuntime, type Calibration } from "./lib/runtime_adaptive.ts";
export type {
  AdaptiveConfig,
  AdaptiveReason,
  AdaptiveSettings,
} from "./lib/adaptive/settings.ts";
export type { CalibrationConfig } from "./lib/config/adaptive_type.ts";
export type {
  AdaptiveMetrics,
  PoolMetrics,
  RuntimeMetrics,
  TaskMetrics,
  ThreadMetrics,
} from "./lib/metrics/types.ts";
export type { TraceDocument, TraceEvent } from "./lib/trace/document.ts";
export {
  type TimeBucket,
  TimeHistogram,
} from "./lib/metrics/time_histogram.ts";
export { report } from "./lib/progress/report.ts";
export type { ShutdownOptions, WorkerEvent } from "./lib/lifecycle.ts";
export type { ThreadRole } from "./lib/placement/names.ts";
export { LoomRuntime } from "./lib/runtime.ts";
export { RuntimeCalls } from "./lib/runtime_calls.ts";
export type {
  AdaptiveHint,
  CallOptions,
  Key,
  Priority,
} from "./lib/call_options.ts";
export { RuntimeView } from "./lib/view.ts";
export { RuntimeInfo } from "./lib/runtime_info.ts";
export {
  type AsyncResult,
  type ImportedResult,
  type MaybeTask,
  type Task,
  task,
  type TaskMark,
} from "./lib/tasks/task.ts";
export { LoomArgs } from "./lib/config/loom_args.ts";
export { formatExplain } from "./lib/config/explain.ts";
export type { ConfigFileOptions } from "./lib/config/file.ts";
export type { Origin, SourceKind } from "./lib/config/layer.ts";
export type {
  ExplainedSetting,
  OverriddenValue,
  ResolvedConfig,
} from "./lib/config/merge.ts";
export type { ConfigKey, LoomConfig } from "./lib/config/schema.ts";
export { formatCpuset, parseCpuset } from "./lib/placement/cpuset.ts";
export { type CollectedOf, ParIter, parIter } from "./lib/parallel/par_iter.ts";
export { join, joinAsync, type JoinCall } from "./lib/parallel/join.ts";
export { type Scope, scope, type Spawned } from "./lib/parallel/scope.ts";
export {
  type ComputeScope,
  scopeCompute,
} from "./lib/parallel/scope_compute.ts";
export { parRange } from "./lib/parallel/par_range.ts";
export { Reductions } from "./lib/parallel/reductions.ts";
export type { Returned, Synchronous } from "./lib/parallel/synchronous.ts";
export { Terminals } from "./lib/parallel/terminals.ts";
export {
  type BigIntArray,
  type ItemOf,
  type NumberArray,
  type NumericArray,
  type NumericArrayClass,
  type Shared,
  shared,
} from "./lib/numeric_array.ts";
export { chunks, type ChunksOptions } from "./lib/streams/chunks.ts";
export { lines, type LinesOptions } from "./lib/streams/lines.ts";
export type {
  ComputeMap,
  ComputeTransform,
  MapOptions,
  MapOptionsWithArgs,
  Mapped,
  SettledItem,
  TransformPair,
} from "./lib/streams/options.ts";
export type { Source } from "./lib/streams/source.ts";
export {
  type ErrorClass,
  registerError,
  type RegisterErrorOptions,
} from "./lib/codec/error_classes.ts";
export { move } from "./lib/codec/moved.ts";
export { sharedValue } from "./lib/codec/shared_value.ts";
export * from "./lib/errors.ts";
