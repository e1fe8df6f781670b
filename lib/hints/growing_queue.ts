/**
 * A queue of calls that only grows.
 *
 * @module
 */

/** So many looks must find more calls than any before, and none may find fewer. */
const LOOKS = 10;
/** Fewer waiting calls are no reason for a hint. */
const MIN_CALLS = 1000;
/** The queue must have grown to so many times what it was. */
const MIN_FACTOR = 2;

/** Decides whether a queue only grows. */
export class GrowingQueue {
  /** Lengths at the last looks, each larger than the one before. */
  #lengths: number[] = [];

  /**
   * Looks at the queue.
   *
   * @param length How many calls wait.
   * @param areAllBusy Whether all workers are busy; called if the queue has grown.
   * @returns Whether it has only grown for some time, to a size that matters.
   */
  look(length: number, areAllBusy: () => boolean): boolean {
    const last = this.#lengths.at(-1) ?? 0;
    // Workers may take no call between two looks, and new ones may come in bursts.
    if (length === last) return false;
    if (length < last || !areAllBusy()) {
      this.#lengths = [];
      return false;
    }
    this.#lengths.push(length);
    if (this.#lengths.length <= LOOKS) return false;
    const first = this.#lengths.shift()!;
    return length >= MIN_CALLS && length >= first * MIN_FACTOR;
  }

  /** No call is in flight. */
  reset(): void {
    this.#lengths = [];
  }
}
