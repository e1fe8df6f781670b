/**
 * Asynchronous scopes: calls that end before the promise of their scope settles.
 *
 * @module
 */

import type { Cloned } from "../cloned.ts";
import { runningCall } from "../limits/running_call.ts";
import { currentRuntime } from "../current.ts";
import { firstOf } from "./scope.ts";

/** Starts calls in an asynchronous scope. */
export interface ComputeScope {
  /** The signal passed to `scopeCompute()`. */
  readonly signal: AbortSignal | undefined;
  /**
   * Starts a call as `spawnCompute` does; it ends before the scope does.
   *
   * @throws {Error} If the scope has ended; the signal's reason once it is aborted.
   */
  spawn<Args extends unknown[], R>(
    fn: (...args: Args) => R,
    ...args: Args
  ): Promise<Cloned<Awaited<R>>>;
}

/**
 * Calls `fn`, which may spawn calls and await them, and resolves when all of them have ended.
 *
 * @param options With `signal`: once it is aborted, the calls are cancelled and no more can be
 * spawned. The scope rejects with the signal's reason when no worker runs any of its calls.
 * @returns What `fn` returns or resolves with.
 * @throws What `fn` throws, or else the error of the failed call that was spawned first.
 * Its property `suppressed` holds all further errors.
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
  const installed = runningCall()?.limits;
  const signal = anyOf(options.signal, installed?.signal);
  const view = runtime.with({ ...installed, signal });
  const children: Promise<unknown>[] = [];
  /** Settle later than the calls if those are cancelled. */
  const ends: Promise<void>[] = [];
  const errors: unknown[] = [];
  let hasEnded = false;
  let value: Awaited<T> | undefined;
  try {
    signal?.throwIfAborted();
    value = await fn({
      signal,
      spawn<Args extends unknown[], R>(
        fn: (...args: Args) => R,
        ...args: Args
      ) {
        if (hasEnded) {
          throw new Error("Cannot spawn call: its scope has ended");
        }
        signal?.throwIfAborted();
        const controlled = view.startScoped(fn, args);
        const call = controlled === undefined
          ? view.spawnCompute(fn, ...args)
          : controlled.promise as Promise<Cloned<Awaited<R>>>;
        // The scope reports the error, so it is never an unhandled rejection.
        call.catch(() => {});
        children.push(call);
        if (controlled !== undefined) ends.push(controlled.ended());
        return call;
      },
    });
  } catch (error) {
    errors.push(error);
  }
  // Reactions to the last calls may spawn more calls.
  for (let seen = -1; seen !== children.length;) {
    seen = children.length;
    for (const outcome of await Promise.allSettled(children)) {
      if (outcome.status === "fulfilled") continue;
      if (!errors.includes(outcome.reason)) errors.push(outcome.reason);
    }
    await Promise.all(ends);
  }
  hasEnded = true;
  if (signal?.aborted && errors[0] !== signal.reason) {
    errors.unshift(signal.reason);
  }
  if (errors.length > 0) throw firstOf(errors);
  return value as Awaited<T>;
}

/** A signal that either of two aborts. */
function anyOf(
  a: AbortSignal | undefined,
  b: AbortSignal | undefined,
): AbortSignal | undefined {
  if (a === undefined || b === undefined || a === b) return a ?? b;
  return AbortSignal.any([a, b]);
}
