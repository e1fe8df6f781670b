/**
 * The current runtime, and functions that use it.
 *
 * @module
 */

import type { Cloned } from "./cloned.ts";
import { NoRuntimeError } from "./errors.ts";
import type { CurrentWorker } from "./handles.ts";
import type { LoomRuntime } from "./runtime.ts";
import { installedRuntime } from "./runtime_context.ts";
import type { MapOptions, Source } from "./streams/concurrent_map.ts";
import type { AsyncResult, MaybeTask } from "./tasks/task.ts";
import { threadState } from "./thread_state.ts";

const { running, worker } = threadState("current", () => ({
  /** Runtimes of this thread, the current one last. */
  running: [] as LoomRuntime[],
  /** Whether this thread is a worker of a runtime. */
  worker: {
    isWorker: false,
    info: undefined as CurrentWorker | undefined,
  },
}));

/** Makes `runtime` the current one of this thread, until it ends or another one replaces it. */
export function setCurrentRuntime(runtime: LoomRuntime): void {
  running.push(runtime);
}

/** Makes `runtime` the current one of this thread, which is one of its workers. */
export function setWorkerRuntime(runtime: LoomRuntime): void {
  worker.isWorker = true;
  running.push(runtime);
}

/** Says which worker of a runtime this thread is. */
export function setCurrentWorker(info: CurrentWorker): void {
  worker.info = info;
}

/**
 * Returns which worker runs the present code; undefined on the main thread and on threads that
 * are no workers of loom.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, currentWorker, task } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().prefix("myapp").computeThreads(1).build();
 * console.log(await runtime.spawnCompute(() => currentWorker()?.name)); // myapp-compute-0000
 * console.log(currentWorker()); // undefined
 * ```
 */
export function currentWorker(): CurrentWorker | undefined {
  return worker.info;
}

/** Whether this thread is a worker of a runtime. */
export function isLoomWorker(): boolean {
  return worker.isWorker;
}

/** Removes a runtime that has ended; the newest of the others becomes the current one. */
export function dropRuntime(runtime: LoomRuntime): void {
  const index = running.indexOf(runtime);
  if (index >= 0) running.splice(index, 1);
}

/**
 * Returns the current runtime. Inside `runtime.install()`, and inside a plain function that
 * `runtime.spawnAsync()` runs, it is that runtime, also after an `await`. Elsewhere it is, on
 * the main thread, the runtime built last that has not ended, and on a worker the runtime
 * that the worker belongs to.
 *
 * @throws {NoRuntimeError} If there is none.
 *
 * @example Usage
 * ```ts
 * import { currentRuntime, LoomBuilder } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * console.log(currentRuntime() === runtime); // true
 * ```
 */
export function currentRuntime(): LoomRuntime {
  const installed = installedRuntime() as LoomRuntime | undefined;
  const current = installed ?? running.at(-1);
  if (current !== undefined) return current;
  throw new NoRuntimeError(
    "Cannot find the current runtime: none was built on this thread, or it has ended; " +
      "build one with new LoomBuilder().build()",
  );
}

/**
 * Calls {@linkcode LoomRuntime.spawnCompute} of the current runtime. Works on the main
 * thread and on workers.
 *
 * @param fn A self-contained function, or a module {@linkcode task}.
 * @param args The arguments of `fn`.
 * @returns A copy of the result. It has no methods: see {@linkcode Cloned}.
 * @throws {NoRuntimeError} If there is no current runtime.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, spawnCompute } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * console.log(await spawnCompute((n: number) => n * 2, 21)); // 42
 * ```
 */
export function spawnCompute<Args extends unknown[], Result>(
  fn: (...args: Args) => Result,
  ...args: Args
): Promise<Cloned<Awaited<Result>>> {
  return currentRuntime().spawnCompute(fn, ...args);
}

/**
 * Calls {@linkcode LoomRuntime.spawnAsync} of the current runtime. Works on the main thread
 * and on workers.
 *
 * @param fn A function, or a module {@linkcode task}.
 * @param args The arguments of `fn`.
 * @returns The result. That of a task may be a copy.
 * @throws {NoRuntimeError} If there is no current runtime.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, spawnAsync } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * console.log(await spawnAsync(async () => await Promise.resolve("hello"))); // hello
 * ```
 */
export function spawnAsync<Args extends unknown[], Result, IsTask = false>(
  fn: MaybeTask<Args, Result, IsTask>,
  ...args: Args
): Promise<AsyncResult<Result, IsTask>> {
  return currentRuntime().spawnAsync(fn, ...args);
}

/**
 * Maps the items of a source by calls of `fn` on the compute workers of the current runtime.
 *
 * At most `concurrency` items are in flight, which are read from the source and not yet
 * consumed. So a slow consumer slows the source down. The source stops when the consumer
 * leaves its loop, when an item fails, and when `signal` is aborted. Calls in flight are then
 * cancelled: see {@linkcode isCancelled}. When the source throws, the results of
 * all items that were read before come first.
 *
 * @param source Any iterable, async iterable or ReadableStream.
 * @param fn Maps one item, under the rules of {@linkcode LoomRuntime.spawnCompute}.
 * @returns Copies of the results, in the order of the items unless `ordered` is false.
 * @throws {NoRuntimeError} If there is no current runtime.
 * @throws {RangeError} If `concurrency` is not a positive integer.
 *
 * @example Usage
 * ```ts
 * import { computeMap, LoomBuilder } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * for await (const square of computeMap([1, 2, 3], (n) => n * n)) console.log(square);
 * ```
 */
export function computeMap<T, R>(
  source: Source<T>,
  fn: (item: T) => R,
  options: MapOptions<T> = {},
): AsyncIterableIterator<Cloned<Awaited<R>>> {
  return currentRuntime().computeMap(source, fn, options);
}
