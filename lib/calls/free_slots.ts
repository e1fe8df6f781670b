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
  #head = 0;
  #tail = 0;
  /** Slots in the queue. */
  count = 0;

  /** @param capacity Slots of the lane, a power of two; none is in the queue yet. */
  constructor(capacity: number) {
    this.#slots = new Int32Array(capacity);
    this.#mask = capacity - 1;
  }

  /** The slot that {@linkcode FreeSlots.take} takes next. */
  next(): number {
    return this.#slots[this.#head & this.#mask];
  }

  /** Takes a slot; there must be one. */
  take(): void {
    this.#head = (this.#head + 1) | 0;
    this.count--;
  }

  /** Appends a slot. */
  put(slot: number): void {
    this.#slots[this.#tail & this.#mask] = slot;
    this.#tail = (this.#tail + 1) | 0;
    this.count++;
  }
}
