/**
 * The free slots of a lane.
 *
 * @module
 */

/**
 * A queue of free slots, private to the lane's owner. Slots are used in turn, so consecutive
 * calls use adjacent memory.
 */
export class FreeSlots {
  readonly #slots: Int32Array;
  readonly #mask: number;
  /** Position of the front. Taking a slot adds 1 here and subtracts 1 from the count. */
  head = 0;
  #tail = 0;
  /** Number of free slots. */
  count = 0;

  /** @param capacity Number of slots of the lane, a power of two. The queue starts empty. */
  constructor(capacity: number) {
    this.#slots = new Int32Array(capacity);
    this.#mask = capacity - 1;
  }

  /** The slot at the front; the queue must not be empty. */
  next(): number {
    return this.#slots[this.head & this.#mask];
  }

  /** Appends a slot. */
  put(slot: number): void {
    this.#slots[this.#tail & this.#mask] = slot;
    this.#tail = (this.#tail + 1) | 0;
    this.count++;
  }
}
