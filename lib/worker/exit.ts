/**
 * `process.exit()` in a worker, which code of tasks may call.
 *
 * @module
 */

import process from "node:process";

/** What `process.exit()` calls after the exit listeners. */
interface ExitingProcess {
  reallyExit(code?: number): never;
}

/**
 * Makes `process.exit()` throw, after its listeners, when this worker is ending already: when
 * it has exited before, or when the runtime has stopped.
 *
 * On Deno 2.9, the function loops until the worker is interrupted, and a worker is interrupted
 * only once. A second call, or one after `terminate()`, would use the CPU until the process
 * ends, and the worker would not end.
 *
 * @param hasStopped Whether the main thread ends this worker.
 */
export function exitOnlyOnce(hasStopped: () => boolean): void {
  const exiting = process as unknown as ExitingProcess;
  const { reallyExit } = exiting;
  let hasExited = false;
  exiting.reallyExit = (code) => {
    if (hasExited || hasStopped()) {
      throw new Error("Cannot exit: the worker is ending already");
    }
    hasExited = true;
    return reallyExit.call(process, code);
  };
}
