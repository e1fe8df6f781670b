/**
 * What a shared object needs from the thread that uses it.
 *
 * @module
 */

import type { Line } from "./line.ts";

/** The thread that uses an object. */
export interface Host {
  /** Index of this thread. */
  readonly thread: number;
  /** Serial number of this thread. */
  readonly serial: number;
  /** Number of threads. */
  readonly threadCount: number;
  /** Changes whenever a thread has been replaced. */
  readonly news: number;
  /** Whether the thread with this serial number has not been replaced. */
  isAlive(serial: number): boolean;
  /** Wakes a thread, which then looks at what it waits for. */
  signal(thread: number): void;
  /** Code on the event loop of this thread waits in the line: look at it when signalled. */
  await(line: Line): void;
  /** Nothing waits in the line any more. */
  forget(line: Line): void;
  /**
   * Throws if nothing can be waited for any more.
   *
   * @throws {ShutdownError} If the runtime has ended.
   */
  requireRunning(): void;
  /**
   * Blocks until this thread is signalled, or for `limitMs`.
   *
   * @throws {ShutdownError} If the runtime has ended.
   */
  block(limitMs: number | undefined): void;
}
