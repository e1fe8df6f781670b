/**
 * How a runtime ends.
 *
 * @module
 */

import { ShutdownError } from "./errors.ts";

/** How long a shutdown waits. */
export interface ShutdownOptions {
  /**
   * How long tracked calls may go on, in milliseconds. Then the calls reject with a
   * `ShutdownError`, and workers that still run them are terminated. By default there is no
   * limit.
   */
  readonly graceMs?: number;
  /**
   * After how many milliseconds a warning names the tasks that shutdown waits for; 10,000 by
   * default. `Infinity` turns it off.
   */
  readonly warnAfterMs?: number;
}

/** How a runtime ends, which differs between the main thread and a worker. */
export interface Lifecycle {
  /**
   * Begins a shutdown that was requested on this thread, or changes how long it waits.
   *
   * @returns Whether this thread refuses new calls from now on.
   */
  begin(options: ShutdownOptions): boolean;
  /**
   * Ends the threads, as far as this thread does that. Called when shutdown has begun and
   * no tracked call is in flight; may be called more than once.
   */
  end(): void;
  /** Replaces all compute workers, one after another. */
  recycle(): Promise<void>;
  /** Resolves when all threads have ended. */
  ended(): Promise<void>;
}

/**
 * What the channels `loom:worker:start`, `loom:worker:end` and `loom:worker:lost` of
 * `node:diagnostics_channel` publish, on the main thread.
 */
export interface WorkerEvent {
  /** Name of the thread, such as `myapp-compute-0000`. */
  readonly name: string;
  /** The CPU that it is to be pinned to; null when it is not pinned. */
  readonly cpu: number | null;
  /** Unique among all workers of the runtime. */
  readonly serial: number;
  /** What ended a lost worker, if it was an error. */
  readonly error?: unknown;
}

/**
 * Checks what a user passed to `shutdown()`.
 *
 * @throws {RangeError} If a time is not a number from 0 on.
 */
export function checkShutdownOptions(options: ShutdownOptions): void {
  for (const name of ["graceMs", "warnAfterMs"] as const) {
    const value = options[name];
    if (value === undefined || (typeof value === "number" && value >= 0)) {
      continue;
    }
    throw new RangeError(
      `Cannot shut down: ${name} must be a number of milliseconds from 0 on, got ${
        String(value)
      }`,
    );
  }
}

/** What a call after the beginning of a shutdown rejects with. */
export function shutdownError(): ShutdownError {
  return new ShutdownError("Cannot start call: the runtime is shutting down");
}
