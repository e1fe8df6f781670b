/**
 * How a runtime ends.
 *
 * @module
 */

/** How a runtime ends, which differs between the main thread and a worker. */
export interface Lifecycle {
  /** Begins a shutdown that was requested on this thread. */
  begin(): void;
  /**
   * Ends the threads, as far as this thread does that. Called when shutdown has begun and
   * no tracked call of this thread is in flight; may be called more than once.
   */
  end(): void;
  /** Resolves when all threads have ended. */
  ended(): Promise<void>;
}
