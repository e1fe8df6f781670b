/**
 * The slots of a lane that hold no call.
 *
 * @module
 */

/**
 * A queue of slots, used in turn: neighbours in time are then neighbours in memory. Local to
 * the lane's owner.
 */
export class FreeSlots {
  readonly #slots: Int32Array;
  readonly #mask: number;
  /** Where the next slot is taken from; {@linkcode FreeSlots.count} changes with it. */
  head = 0;
  #tail = 0;
  /** Slots in the queue. */
  count = 0;

  /** @param capacity Slots of the lane, a power of two; none is in the queue yet. */
  constructor(capacity: number) {
    this.#slots = new Int32Array(capacity);
    this.#mask = capacity - 1;
  }

  /** The slot that that is taken next. */
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
