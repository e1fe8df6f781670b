/**
 * Gives the compilers of the JavaScript runtime a CPU while the code is new.
 *
 * @module
 */

/** Pauses, after which the code has been compiled. */
const PAUSES = 20;
/** Calls of {@linkcode WarmUp.look} between two pauses. */
const LOOKS_PER_PAUSE = 2;
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
  #looks = 0;

  /** Now and then blocks this thread for a moment; after some pauses, does nothing. */
  look(): void {
    if (this.#looks === PAUSES * LOOKS_PER_PAUSE) return;
    if (++this.#looks % LOOKS_PER_PAUSE !== 0) return;
    Atomics.wait(this.#word, 0, 0, PAUSE_MS);
  }
}
