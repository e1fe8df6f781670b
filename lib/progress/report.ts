/**
 * Reports of a task while it runs.
 *
 * @module
 */

import type { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import { threadState } from "../thread_state.ts";

/** Takes the reports of a call. */
export type Reporter = (value: unknown) => void;

/** Created with the first call that listens, so that others pay nothing. */
const state = threadState("progress", () => ({
  storage: undefined as AsyncLocalStorage<Reporter> | undefined,
}));

/**
 * Reports the progress of the present call to its caller, if that listens with `onProgress`:
 * see {@linkcode CallOptions}. Elsewhere it does nothing.
 *
 * Only the newest value matters: one that comes before the caller has seen the last one
 * replaces it. The last value of a call arrives before its result.
 *
 * @param value Any value that a call can return. It is copied.
 * @throws {DOMException} A `DataCloneError`, if the value cannot be copied and the caller
 *   listens.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * const view = runtime.with({ onProgress: (done) => console.log(`${done} of 3`) });
 * const sum = await view.spawnCompute((n: number) => {
 *   let sum = 0;
 *   for (let i = 1; i <= n; i++) {
 *     sum += i;
 *     report(i);
 *   }
 *   return sum;
 * }, 3);
 * console.log(sum); // 6
 * ```
 */
export function report(value: unknown): void {
  state.storage?.getStore()?.(value);
}

/** Runs `fn`, and what follows its awaits, with its reports going to `reporter`. */
export function runReporting<T>(reporter: Reporter, fn: () => T): T {
  if (state.storage === undefined) {
    const hooks = process.getBuiltinModule("node:async_hooks");
    state.storage = new hooks.AsyncLocalStorage<Reporter>();
  }
  return state.storage.run(reporter, fn);
}
