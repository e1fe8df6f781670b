/**
 * Detects that a worker has reached the limit of its heap.
 *
 * @module
 */

import process from "node:process";
import { setInterval } from "node:timers";

const CHECK_EVERY_MS = 250;

/**
 * Calls `onReached` with an error when the heap has reached its limit and the worker has
 * not ended.
 *
 * If synchronous code reaches the limit, Deno ends the worker. If code after an `await`
 * does, Deno only stops that code. The worker continues without its microtasks, so its calls
 * are never settled. V8 raises the limit in this case, to have memory for stopping the code.
 * A raised limit therefore means that the limit was reached.
 *
 * @param onReached Ends the worker.
 */
export function watchHeapLimit(onReached: (error: Error) => never): void {
  const { getHeapStatistics } = process.getBuiltinModule("node:v8");
  const limitBytes = getHeapStatistics().heap_size_limit;
  setInterval(() => {
    if (getHeapStatistics().heap_size_limit <= limitBytes) return;
    onReached(new Error("JS heap out of memory: the worker reached its limit"));
  }, CHECK_EVERY_MS);
}
