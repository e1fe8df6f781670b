/**
 * Noticing that a worker has reached the limit of its heap.
 *
 * @module
 */

import { setInterval } from "node:timers";
import { getHeapStatistics } from "node:v8";

const LOOK_EVERY_MS = 250;

/**
 * Calls `onReached` with an error when the heap has reached its limit and the worker has
 * not ended.
 *
 * Deno stops the code that reaches the limit and ends the worker. Code after an `await` it
 * only stops: the worker goes on, but its microtasks are gone, and calls would never be
 * settled. What remains is that V8 has raised the limit, to have memory for stopping.
 */
export function watchHeapLimit(onReached: (error: Error) => never): void {
  const limitBytes = getHeapStatistics().heap_size_limit;
  setInterval(() => {
    if (getHeapStatistics().heap_size_limit <= limitBytes) return;
    onReached(new Error("JS heap out of memory: the worker reached its limit"));
  }, LOOK_EVERY_MS);
}
