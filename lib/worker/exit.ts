/**
 * The end of a worker that runs code of tasks which may call `process.exit()`.
 *
 * @module
 */

import process from "node:process";

let isEnding = false;

/**
 * Makes `process.exit()` throw from the second call on. On Deno 2.9, timers that are due
 * still run after the first call, and a second call would use the CPU until the process
 * ends, and keep the worker from ending.
 */
export function exitOnlyOnce(): void {
  const exit = process.exit;
  process.exit = (code): never => {
    if (isEnding) throw new Error("Cannot exit: this worker is ending");
    isEnding = true;
    return exit(code);
  };
}

/** From here on, the main thread ends this worker, and `process.exit()` throws. */
export function noteEnding(): void {
  isEnding = true;
}
