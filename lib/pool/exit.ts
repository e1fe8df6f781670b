/**
 * The end of this thread's isolate, at which nothing asynchronous runs any more.
 *
 * @module
 */

import process from "node:process";

/** What to do at the end, by what is to be ended. */
const listeners = new Set<() => void>();

/**
 * Calls `listener` when the isolate ends without having removed it: at the end of the
 * process, or when `deno --watch` starts the program again in the same process.
 *
 * @returns A function that removes it.
 */
export function atExit(listener: () => void): () => void {
  // One listener for all runtimes: Node.js warns when there are many.
  if (listeners.size === 0) process.on("exit", callAll);
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) process.off("exit", callAll);
  };
}

function callAll(): void {
  for (const listener of listeners) listener();
}
