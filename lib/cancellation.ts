/**
 * How a task sees that its call was cancelled.
 *
 * @module
 */

import { cancelledError, runningCall } from "./limits/running_call.ts";

/**
 * Whether the call that the present code belongs to was cancelled, so that nobody needs its
 * result. It takes a few nanoseconds in a synchronous task, so that a tight loop can call it. In
 * a stage of a parallel iterator it is also true when the loop has ended early.
 *
 * Only calls with a signal or a time limit can be cancelled: see {@linkcode LoomRuntime.with}.
 * Elsewhere it is false.
 *
 * @example Usage
 * ```ts
 * import { isCancelled, LoomBuilder } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * const view = runtime.with({ timeoutMs: 20 });
 * const call = view.spawnCompute(() => {
 *   let n = 0;
 *   while (!isCancelled()) n++;
 *   return n;
 * });
 * await call.catch((error) => console.log(error.name)); // TimeoutError
 * ```
 */
export function isCancelled(): boolean {
  const call = runningCall();
  return call !== undefined && call.isCancelled;
}

/**
 * Throws if {@linkcode isCancelled}. Nobody sees the error, because the call has rejected
 * already.
 *
 * @throws {DOMException} An `AbortError`.
 */
export function throwIfCancelled(): void {
  if (isCancelled()) throw cancelledError();
}

/**
 * The signal of the call that the present code belongs to, for functions that take one, such as
 * `fetch()`. It is aborted when the call is cancelled, also while the task awaits something.
 * Outside of calls that can be cancelled it is never aborted.
 *
 * Calls that a task makes are not cancelled with it, unless it passes the signal on.
 *
 * @example Usage
 * ```ts
 * import { currentSignal, LoomBuilder } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * const view = runtime.with({ signal: AbortSignal.timeout(5) });
 * const call = view.spawnCompute(async () => {
 *   const signal = currentSignal();
 *   await new Promise((resolve) => signal.addEventListener("abort", resolve));
 * });
 * await call.catch((error) => console.log(error.name)); // TimeoutError
 * ```
 */
export function currentSignal(): AbortSignal {
  return runningCall()?.signal ?? new AbortController().signal;
}
