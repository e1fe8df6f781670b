/**
 * The current runtime, reachable from anywhere.
 *
 * @module
 */

import { NoRuntimeError } from "./errors.ts";
import type { LoomRuntime } from "./runtime.ts";
import type { MapOptions, Source } from "./streams/concurrent_map.ts";

/** Runtimes of this thread that have not ended, oldest first. */
const running: LoomRuntime[] = [];

/** Makes `runtime` the current one of this thread until it ends or a newer one comes. */
export function setCurrentRuntime(runtime: LoomRuntime): void {
  running.push(runtime);
}

let onWorker = false;

/** Makes `runtime` the current one of this thread, which is a worker of it. */
export function setWorkerRuntime(runtime: LoomRuntime): void {
  onWorker = true;
  running.push(runtime);
}

/** Whether this thread is a worker of a runtime. */
export function isLoomWorker(): boolean {
  return onWorker;
}

/** `runtime` has ended: the newest of the others is the current one. */
export function dropRuntime(runtime: LoomRuntime): void {
  const index = running.indexOf(runtime);
  if (index >= 0) running.splice(index, 1);
}

/** Runs `fn` with `runtime` as the current one of this thread. */
export function installRuntime<T>(runtime: LoomRuntime, fn: () => T): T {
  running.push(runtime);
  try {
    return fn();
  } finally {
    running.pop();
  }
}

/**
 * The current runtime: inside `runtime.install()` that one, else on the main thread the one
 * built last that has not ended, and on a worker the one that the worker belongs to.
 *
 * @throws {NoRuntimeError} if there is none.
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
  const current = running.at(-1);
  if (current !== undefined) return current;
  throw new NoRuntimeError(
    "Cannot find the current runtime: none was built on this thread, or it has ended; " +
      "build one with new LoomBuilder().build()",
  );
}

/**
 * {@linkcode LoomRuntime.spawnCompute} of the current runtime, from any thread of it.
 *
 * @throws {NoRuntimeError} if there is no current runtime.
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
): Promise<Awaited<Result>> {
  return currentRuntime().spawnCompute(fn, ...args);
}

/**
 * {@linkcode LoomRuntime.spawnAsync} of the current runtime, from any thread of it.
 *
 * @throws {NoRuntimeError} if there is no current runtime.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, spawnAsync } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * console.log(await spawnAsync(async () => await Promise.resolve("hello"))); // hello
 * ```
 */
export function spawnAsync<Args extends unknown[], Result>(
  fn: (...args: Args) => Result,
  ...args: Args
): Promise<Awaited<Result>> {
  return currentRuntime().spawnAsync(fn, ...args);
}

/**
 * Maps what `source` yields, which may be any iterable, async iterable or ReadableStream,
 * by calls of `fn` on the compute workers of the current runtime. Results come in the order
 * of the items, unless `ordered` is false.
 *
 * At most `concurrency` items are read and not yet done with, so a slow consumer slows the
 * source. Leaving the loop early, an item that fails, and an aborted `signal` stop the
 * source; calls that have begun run to their end, and their results are dropped.
 *
 * @throws {NoRuntimeError} if there is no current runtime.
 * @throws {RangeError} if `concurrency` is not a whole number from 1 up.
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
  options: MapOptions = {},
): AsyncIterableIterator<Awaited<R>> {
  return currentRuntime().computeMap(source, fn, options);
}
