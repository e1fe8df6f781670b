/**
 * Scopes that are awaited.
 *
 * @module
 */

import { currentRuntime } from "../current.ts";
import { firstOf } from "./scope.ts";

/** Starts calls in a scope. */
export interface ComputeScope {
  /** Aborted when the scope is. */
  readonly signal: AbortSignal | undefined;
  /** Like `spawnCompute`; the call ends before the scope does. */
  spawn<Args extends unknown[], R>(
    fn: (...args: Args) => R,
    ...args: Args
  ): Promise<Awaited<R>>;
}

/**
 * Calls `fn`, which may spawn calls and await them, and resolves with what it returns when
 * all of them have ended. Rejects with what `fn` throws, else with the error of the call
 * that was spawned first; further errors are in its property `suppressed`. Once `signal` is
 * aborted nothing more can be spawned, and the scope rejects with its reason when the calls
 * that have begun have ended.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, scopeCompute } from "@loom/runtime";
 *
 * await using _runtime = await new LoomBuilder().build();
 * const sum = await scopeCompute(async (s) => {
 *   const square = (n: number) => n * n;
 *   return await s.spawn(square, 3) + await s.spawn(square, 4);
 * });
 * console.log(sum); // 25
 * ```
 */
export async function scopeCompute<T>(
  fn: (scope: ComputeScope) => T,
  options: { readonly signal?: AbortSignal } = {},
): Promise<Awaited<T>> {
  const runtime = currentRuntime();
  const { signal } = options;
  const children: Promise<unknown>[] = [];
  const errors: unknown[] = [];
  let hasEnded = false;
  let value: Awaited<T> | undefined;
  try {
    signal?.throwIfAborted();
    value = await fn({
      signal,
      spawn(fn, ...args) {
        if (hasEnded) {
          throw new Error("Cannot spawn call: its scope has ended");
        }
        signal?.throwIfAborted();
        const call = runtime.spawnCompute(fn, ...args);
        // Whoever awaits it hears of its error, and so does who awaits the scope.
        call.catch(() => {});
        children.push(call);
        return call;
      },
    });
  } catch (error) {
    errors.push(error);
  }
  // Reactions to the last calls may spawn more.
  for (let seen = -1; seen !== children.length;) {
    seen = children.length;
    for (const outcome of await Promise.allSettled(children)) {
      if (outcome.status === "fulfilled") continue;
      if (!errors.includes(outcome.reason)) errors.push(outcome.reason);
    }
  }
  hasEnded = true;
  if (signal?.aborted && errors[0] !== signal.reason) {
    errors.unshift(signal.reason);
  }
  if (errors.length > 0) throw firstOf(errors);
  return value as Awaited<T>;
}
