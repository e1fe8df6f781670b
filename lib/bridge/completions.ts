/**
 * The list through which workers return completed calls to the owner of a lane.
 *
 * @module
 */

import { LANE_DONE, LANE_SEEN, SLOT_LINK, SLOT_WORDS } from "./layout.ts";
import type { Words } from "./words.ts";

/** The sign bit of DONE: the owner sleeps, and the next push must unpark it. */
const ARMED = 1 << 31;
const STAMP = ~ARMED;

/**
 * A linked list with many producers and one consumer. DONE holds the stamp that was
 * completed last; each slot's LINK holds the stamp that was completed before it. The owner
 * remembers the stamp at which it stopped reading and never removes entries, so it needs no
 * atomic write while it is awake. A stamp contains the ticket of its call, so a reused slot
 * does not look like the place where reading stopped.
 *
 * The same word says whether the owner sleeps. A push therefore learns in the same atomic
 * step whether it must unpark the owner.
 */
export class Completions {
  readonly #words: Words;
  readonly #slots: number;
  readonly #slotMask: number;
  #seen = 0;

  constructor(words: Words, slots: number, capacity: number) {
    this.#words = words;
    this.#slots = slots;
    this.#slotMask = capacity - 1;
  }

  /** Continues where the previous owner of the lane stopped reading. Owner only. */
  resume(): void {
    this.#seen = this.#words.read(LANE_SEEN);
  }

  /** Slot of the completion at which the next drain stops. Owner only. */
  get seenSlot(): number {
    return this.#seen & this.#slotMask;
  }

  /**
   * Returns a completed call to the owner.
   *
   * @returns Whether the owner sleeps and must now be unparked.
   */
  push(stamp: number): boolean {
    const words = this.#words;
    const link = this.#slots + (stamp & this.#slotMask) * SLOT_WORDS +
      SLOT_LINK;
    while (true) {
      const head = words.load(LANE_DONE);
      words.write(link, head & STAMP);
      // Publishes LINK, META, VALUE and payload; pairs with the load in drainInto().
      // Armed => not armed: one push sees the bit, so one push unparks.
      if (words.compareExchange(LANE_DONE, head, stamp) === head) {
        return head < 0;
      }
    }
  }

  /** Whether a completed call has not been drained. Owner only. */
  hasNews(): boolean {
    return (this.#words.load(LANE_DONE) & STAMP) !== this.#seen;
  }

  /**
   * Writes the slots completed since the last call into `order`, newest first. Owner only.
   *
   * @returns How many slots those are.
   */
  drainInto(order: Int32Array): number {
    const words = this.#words;
    const head = words.load(LANE_DONE) & STAMP;
    const seen = this.#seen;
    if (head === seen) return 0;
    let count = 0;
    for (let stamp = head; stamp !== seen;) {
      const slot = stamp & this.#slotMask;
      order[count++] = slot;
      stamp = words.read(this.#slots + slot * SLOT_WORDS + SLOT_LINK);
    }
    this.#seen = head;
    words.write(LANE_SEEN, head);
    return count;
  }

  /**
   * Requests an unpark from the next push. Owner only.
   *
   * @returns False when a call was completed since the last drain: drain instead of sleeping.
   */
  tryArm(): boolean {
    const seen = this.#seen;
    const head = this.#words.compareExchange(LANE_DONE, seen, seen | ARMED);
    return head === seen || head === (seen | ARMED);
  }

  /**
   * Cancels {@linkcode Completions.tryArm}. A push may already have disarmed, and its
   * unpark leaves a token. Owner only.
   */
  disarm(): void {
    const seen = this.#seen;
    this.#words.compareExchange(LANE_DONE, seen | ARMED, seen);
  }
}
