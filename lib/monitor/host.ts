/**
 * What a shared object needs from the thread that uses it.
 *
 * @module
 */

/** A line in which code of this thread waits. */
export interface AwaitedLine {
  /** Whether this thread was signalled and has not looked since. */
  readonly isSignalled: boolean;
  /** Does what can be done now; returns the number of operations that have ended. */
  look(): number;
  /** Ends all operations of this thread, because the runtime has ended. */
  failAll(reason: () => Error): void;
}

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
  /** Runs a step that is cut off on no account: see {@linkcode TaskGuard}. */
  uncut<T>(step: () => T): T;
  /** Calls `fire` once after a delay, unless the function that this returns is called before. */
  startTimer(fire: () => void, delayMs: number): () => void;
  /** Wakes a thread, which then looks at what it waits for. */
  signal(thread: number): void;
  /** Code on the event loop of this thread waits in the line: look at it when signalled. */
  await(line: AwaitedLine): void;
  /** Nothing waits in the line any more. */
  forget(line: AwaitedLine): void;
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
