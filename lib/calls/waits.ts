/**
 * What code of a thread can wait for in addition to calls: see lib/sync.
 *
 * @module
 */

import type { ShutdownError } from "../errors.ts";

/** The waits of one thread. The loop of the thread drains them in its rounds. */
export interface Waits {
  /** Whether code on the event loop waits. */
  readonly isPending: boolean;
  /** Whether {@linkcode Waits.drain} has something to look at. */
  readonly hasChanges: boolean;
  /**
   * Ends the waits for what has happened. Looks only if something has changed since the last
   * time.
   *
   * @returns The number of waits that ended.
   */
  drain(): number;
  /** Rejects all of them. */
  rejectAll(reason: () => ShutdownError): void;
  /** This thread ends: others must not wait for what it holds. */
  end(): void;
}
