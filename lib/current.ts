/**
 * The current runtime, and functions that use it.
 *
 * @module
 */

import type { Cloned } from "./cloned.ts";
import { NoRuntimeError } from "./errors.ts";
import type { CurrentWorker } from "./handles.ts";
import type { LoomRuntime } from "./runtime.ts";
import {
  type CallObserver,
  observersOfThread,
  setObservers,
} from "./observers/observers.ts";
import { installedRuntime } from "./runtime_context.ts";
import type { ComputeMap } from "./streams/options.ts";
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

/** The workers that share this thread, by their runtimes. */
const inline = threadState(
  "inline_workers",
  () => new WeakMap<object, CurrentWorker>(),
);

/** Makes `runtime` the current one of this thread, until it ends or another one replaces it. */
export function setCurrentRuntime(runtime: LoomRuntime): void {
  running.push(runtime);
}

/** Says that this thread is a worker of a runtime. */
export function markWorkerThread(): void {
  worker.isWorker = true;
}

/** Says which worker `runtime` belongs to, of several workers that share this thread. */
export function setWorkerOf(runtime: LoomRuntime, info: CurrentWorker): void {
  inline.set(runtime, info);
}

/**
 * Has an observer told of the calls that this thread makes, by any runtime, from now on.
 *
 * @returns Ends that.
 */
export function observeCalls(observer: CallObserver): () => void {
  const change = (observers: readonly CallObserver[]) => {
    setObservers(observers);
    for (const runtime of running) runtime.noteObservers();
  };
  change([...observersOfThread(), observer]);
  return () => change(observersOfThread().filter((one) => one !== observer));
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
  return worker.info ?? inline.get(installedRuntime() ?? worker);
}

/** The runtimes of this thread that have not ended. */
export function runtimesOfThread(): readonly LoomRuntime[] {
  return running;
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
  const current = tryCurrentRuntime();
  if (current !== undefined) return current;
  throw new NoRuntimeError(
    "Cannot find the current runtime: none was built on this thread, or it has ended; " +
      "build one with new LoomBuilder().build()",
  );
}

/**
 * Returns the current runtime, as {@linkcode currentRuntime} does, or undefined if there is
 * none. Code that may run with or without a runtime can choose by it.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, tryCurrentRuntime } from "@loom/runtime";
 *
 * const square = (n: number) => n * n;
 * const squared = async (n: number) =>
 *   await tryCurrentRuntime()?.spawnCompute(square, n) ?? square(n);
 * console.log(await squared(3)); // 9, on this thread
 * await using _runtime = await new LoomBuilder().build();
 * console.log(await squared(3)); // 9, on a worker
 * ```
 */
export function tryCurrentRuntime(): LoomRuntime | undefined {
  const installed = installedRuntime() as LoomRuntime | undefined;
  return installed ?? running.at(-1);
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
 * The parameters are a source, which is any iterable, async iterable or ReadableStream; a
 * function that maps one item, under the rules of {@linkcode LoomRuntime.spawnCompute}; and
 * {@linkcode MapOptions}, among them the function's other arguments, `args`. The results are
 * copies, in the order of the items unless `ordered` is false. With `settle`, they are
 * {@linkcode SettledItem}s, and an item that fails does not end the mapping.
 *
 * @throws {NoRuntimeError} If there is no current runtime.
 * @throws {RangeError} If `concurrency` or `batch` is not a positive integer.
 * @throws What an item throws, without `settle`; an error has the property `itemIndex`, the
 *   number of items before that one in the source.
 *
 * @example Usage
 * ```ts
 * import { computeMap, LoomBuilder } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * const power = (n: number, exponent: number) => n ** exponent;
 * for await (const cube of computeMap([1, 2, 3], power, { args: [3] })) {
 *   console.log(cube);
 * }
 * ```
 */
export const computeMap: ComputeMap = ((
  ...args: Parameters<ComputeMap>
): unknown => currentRuntime().computeMap(...args)) as ComputeMap;

/**
 * Calls {@linkcode LoomRuntime.spawnAdaptive} of the current runtime. Works on the main thread
 * and on workers, each of which learns by itself.
 *
 * @param fn A self-contained function, or a module {@linkcode task}.
 * @param args The arguments of `fn`.
 * @returns A copy of the result. It has no methods: see {@linkcode Cloned}.
 * @throws {NoRuntimeError} If there is no current runtime.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, spawnAdaptive } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * console.log(await spawnAdaptive((n: number) => n * 2, 21)); // 42
 * ```
 */
export function spawnAdaptive<Args extends unknown[], Result>(
  fn: (...args: Args) => Result,
  ...args: Args
): Promise<Cloned<Awaited<Result>>> {
  return currentRuntime().spawnAdaptive(fn, ...args);
}

/**
 * Like {@linkcode computeMap}, by calls as {@linkcode spawnAdaptive} makes them: items that take
 * less time than sending them run on this thread. Items do not share calls.
 *
 * @throws {NoRuntimeError} If there is no current runtime.
 *
 * @example Usage
 * ```ts
 * import { adaptiveMap, LoomBuilder } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * const square = (n: number) => n * n;
 * for await (const result of adaptiveMap([1, 2, 3], square)) console.log(result);
 * ```
 */
export const adaptiveMap: ComputeMap = ((
  ...args: Parameters<ComputeMap>
): unknown => currentRuntime().adaptiveMap(...args)) as ComputeMap;

/**
 * Runs a generator on a compute worker of the current runtime and iterates over its items.
 *
 * The generator starts when the first item is wanted. It runs ahead of its consumer by a
 * bounded number of items, so a slow consumer slows it down. Leaving the loop ends it, with its
 * `finally` blocks, once it yields or awaits. What it throws comes after the items before it.
 * Items that come fast are sent together, which may delay one until the next item is computed.
 *
 * @param fn A generator function, or another function that returns an iterable, under the
 *   rules of {@linkcode LoomRuntime.spawnCompute}.
 * @param args The arguments of `fn`.
 * @returns Copies of the items, in order.
 * @throws {NoRuntimeError} If there is no current runtime.
 *
 * @example Usage
 * ```ts
 * import { computeStream, LoomBuilder } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * function* primes(limit: number): Generator<number> {
 *   for (let n = 2; n < limit; n++) {
 *     let divisor = 2;
 *     while (divisor * divisor <= n && n % divisor !== 0) divisor++;
 *     if (divisor * divisor > n) yield n;
 *   }
 * }
 * for await (const prime of computeStream(primes, 8)) console.log(prime);
 * // 2
 * // 3
 * // 5
 * // 7
 * ```
 */
export function computeStream<Args extends unknown[], Item>(
  fn: (...args: Args) => Iterable<Item> | AsyncIterable<Item>,
  ...args: Args
): AsyncIterableIterator<Cloned<Item>> {
  return currentRuntime().computeStream(fn, ...args);
}
