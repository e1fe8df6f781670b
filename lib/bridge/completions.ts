/**
 * The chain on which workers hand completed calls back to the owner of a lane.
 *
 * @module
 */

import { LANE_DONE, LANE_SEEN, SLOT_LINK, SLOT_WORDS } from "./layout.ts";
import type { Words } from "./words.ts";

/** The owner sleeps: whoever pushes next has to wake it. The sign bit of DONE. */
const ARMED = 1 << 31;
const STAMP = ~ARMED;

/**
 * Many producers, one consumer. DONE holds the stamp completed last; each slot's LINK
 * holds the one before. The owner remembers how far it has read and never takes entries
 * off, so it needs no atomic write while it is awake. Stamps carry the ticket, so a slot
 * that was used again is not mistaken for the place where reading stopped.
 *
 * Whether the owner sleeps is a bit of the same word: push and "wake it" are one step.
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

  /** Goes on where the owner before, which has ended, stopped reading. Owner only. */
  resume(): void {
    this.#seen = this.#words.read(LANE_SEEN);
  }

  /** Hands a completed call to the owner. True when the caller must now unpark it. */
  push(stamp: number): boolean {
    const words = this.#words;
    const link = this.#slots + (stamp & this.#slotMask) * SLOT_WORDS +
      SLOT_LINK;
    while (true) {
      const head = words.load(LANE_DONE);
      words.write(link, head & STAMP);
      // Publishes LINK, META, VALUE and payload; pairs with the load in drainInto().
      // ARMED => not armed: only one push sees the bit, so only one unparks.
      if (words.compareExchange(LANE_DONE, head, stamp) === head) {
        return head < 0;
      }
    }
  }

  /** Whether a completed call waits to be drained. Owner only. */
  hasNews(): boolean {
    return (this.#words.load(LANE_DONE) & STAMP) !== this.#seen;
  }

  /**
   * Writes the slots completed since the last call into `order`, newest first, and
   * returns how many they are. Owner only.
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
   * Asks to be unparked by the next push. False when something was completed since the
   * last drain: then do not sleep. Owner only.
   */
  tryArm(): boolean {
    const seen = this.#seen;
    const head = this.#words.compareExchange(LANE_DONE, seen, seen | ARMED);
    return head === seen || head === (seen | ARMED);
  }

  /** Takes {@linkcode Completions.tryArm} back; a push may already have answered it. Owner only. */
  disarm(): void {
    const seen = this.#seen;
    this.#words.compareExchange(LANE_DONE, seen | ARMED, seen);
  }
}
