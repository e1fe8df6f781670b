/**
 * A gate that tests wait on instead of a timer.
 *
 * @module
 */

/** Stays closed until `open()`, and open from then on. */
export class Latch {
  readonly #opened = Promise.withResolvers<void>();

  /** Lets every present and future waiter through. */
  open(): void {
    this.#opened.resolve();
  }

  /** Resolves once the latch is open. */
  wait(): Promise<void> {
    return this.#opened.promise;
  }
}
