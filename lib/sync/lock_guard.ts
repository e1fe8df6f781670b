/**
 * What the holder of a lock has.
 *
 * @module
 */

/** A held lock. `using guard = await mutex.lock()` unlocks it at the end of the block. */
export class LockGuard implements Disposable {
  /** Whether the thread that held the lock before has ended, and `recover()` was called. */
  readonly wasLost: boolean;
  #release: (() => void) | undefined;

  /**
   * For the locks of this module.
   *
   * @internal
   */
  constructor(release: () => void, wasLost: boolean) {
    this.#release = release;
    this.wasLost = wasLost;
  }

  /** Unlocks it. The second call has no effect. */
  unlock(): void {
    const release = this.#release;
    this.#release = undefined;
    release?.();
  }

  /** Does what {@linkcode LockGuard.unlock} does. */
  [Symbol.dispose](): void {
    this.unlock();
  }
}
