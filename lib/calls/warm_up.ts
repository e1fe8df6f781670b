/**
 * Gives the compilers of the JavaScript runtime a CPU while the code is new.
 *
 * @module
 */

/** Pauses, after which the code has been compiled. */
const PAUSES = 16;
/** Longer than a worker spins by default, so that its CPU becomes free, too. */
const PAUSE_MS = 0.15;

/**
 * Lets a thread that spins between calls pause a few times.
 *
 * The compilers run on threads of their own. When threads that spin occupy all CPUs, the
 * compilers run only every few milliseconds, which is time for thousands of calls in code
 * that is not compiled yet.
 */
export class WarmUp {
  /** Nobody notifies it. */
  readonly #word = new Int32Array(new SharedArrayBuffer(4));
  #pausesLeft = PAUSES;

  /** Blocks this thread for a moment; after some pauses, does nothing. */
  pause(): void {
    if (this.#pausesLeft === 0) return;
    this.#pausesLeft--;
    Atomics.wait(this.#word, 0, 0, PAUSE_MS);
  }
}
