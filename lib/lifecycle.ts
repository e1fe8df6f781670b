/**
 * How a runtime ends.
 *
 * @module
 */

/** How a runtime ends; the main thread's and a worker's differ. */
export interface Lifecycle {
  /** Runs `fn` with the runtime as the current one. */
  install<T>(fn: () => T): T;
  /** Shutdown was asked for on this thread. */
  begin(): void;
  /** Nothing tracked is in flight on this thread after that; may be called again. */
  end(): void;
  /** Fulfilled when all threads have ended. */
  ended(): Promise<void>;
}
