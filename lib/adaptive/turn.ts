/**
 * How long an event loop is held up.
 *
 * @module
 */

/** A turn of the event loop that is longer makes results wait for the next one. */
const LONG_TURN_MS = 2;
/** Below this, the event loop is not late. */
const NOT_LATE_MS = 0.5;

/** Watches the event loop of a thread while runs on it take time. */
export class Turn {
  /** By how many milliseconds the event loop is late, at the last look. */
  lateMs = 0;
  readonly #now: () => number;
  readonly #afterTurn: (end: () => void) => void;
  readonly #end = (): void => this.#ended();
  #sinceMs = 0;
  #isWatched = false;
  #next: PromiseWithResolvers<void> | undefined;

  /**
   * @param now The clock, in milliseconds.
   * @param afterTurn Calls a function after the timers and I/O that are due.
   */
  constructor(now: () => number, afterTurn: (end: () => void) => void) {
    this.#now = now;
    this.#afterTurn = afterTurn;
  }

  /** A run on this thread has ended, and it began `ms` ago. */
  ran(nowMs: number, ms: number): void {
    if (this.#isWatched) {
      const lateMs = nowMs - this.#sinceMs;
      if (lateMs > this.lateMs) this.lateMs = lateMs;
      return;
    }
    this.#watch(nowMs - ms);
    if (ms > this.lateMs) this.lateMs = ms;
  }

  /** Resolves when the event loop has served others; undefined if they need not wait long. */
  get next(): Promise<void> | undefined {
    if (!this.#isWatched || this.lateMs < LONG_TURN_MS) return undefined;
    this.#next ??= Promise.withResolvers<void>();
    return this.#next.promise;
  }

  #watch(sinceMs: number): void {
    this.#sinceMs = sinceMs;
    this.#isWatched = true;
    this.#afterTurn(this.#end);
  }

  #ended(): void {
    const nowMs = this.#now();
    this.lateMs = Math.max(nowMs - this.#sinceMs, this.lateMs / 2);
    this.#isWatched = false;
    this.#next?.resolve();
    this.#next = undefined;
    // Until it is not late any more, whoever made it so.
    if (this.lateMs >= NOT_LATE_MS) this.#watch(nowMs);
    else this.lateMs = 0;
  }
}
