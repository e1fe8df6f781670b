/**
 * The ring in which one owner hands calls to many workers, oldest first.
 *
 * @module
 */

import {
  ENTRY_META,
  ENTRY_VALUE,
  ENTRY_WORDS,
  LANE_CLAIMED,
  LANE_RING,
} from "./layout.ts";
import type { Words } from "./words.ts";

/** What {@linkcode Ring.tryTake} returns when nothing is there to take. */
export const NOTHING = -1;

/**
 * One producer, many consumers. Every call gets the next *ticket*; entry
 * `ticket % capacity` holds its *stamp*, the low bits of the ticket, then the slot, and
 * beside it META and VALUE. An entry is there to take when its ticket is the one that CLAIMED asks for, so the
 * owner publishes with one store and shares no counter with the workers.
 *
 * The ring never overflows: it has as many entries as the lane has slots, and a call
 * holds its slot from before its push until after its completion.
 */
export class Ring {
  readonly #words: Words;
  readonly #entryMask: number;
  readonly #slotBits: number;
  readonly #ticketMask: number;
  #nextTicket = 0;
  // META and VALUE of the call taken last, and VALUE as a number.
  readonly #taken = new Int32Array(4);
  readonly #takenNumbers = new Float64Array(this.#taken.buffer);

  constructor(words: Words, capacity: number) {
    this.#words = words;
    this.#entryMask = capacity - 1;
    this.#slotBits = 31 - Math.clz32(capacity);
    this.#ticketMask = (1 << (31 - this.#slotBits)) - 1;
  }

  /** Prepares fresh memory, before any thread sees the lane. */
  static initialize(words: Words): void {
    // Ticket 0 is never used: an entry of zeroes is then never a valid one.
    words.store(LANE_CLAIMED, 1);
  }

  /** Finds the place to go on from: also after another owner, which has ended. Owner only. */
  resume(): void {
    let ticket = this.#words.load(LANE_CLAIMED);
    while (
      this.#holds(ticket, this.#words.load(this.#entry(ticket)))
    ) {
      ticket = (ticket + 1) | 0;
    }
    this.#nextTicket = ticket;
  }

  /** First word of the entry that the next push fills: write its VALUE before. Owner only. */
  get nextEntry(): number {
    return this.#entry(this.#nextTicket);
  }

  /**
   * Hands a call to the workers and returns its stamp. Owner only. Near the end of the stack
   * it throws before anything has changed.
   */
  push(slot: number, meta: number): number {
    const ticket = this.#nextTicket;
    const stamp = ((ticket & this.#ticketMask) << this.#slotBits) | slot;
    const entry = this.#entry(ticket);
    this.#words.write(entry + ENTRY_META, meta);
    // Publishes META, VALUE and payload; pairs with the load in tryTake().
    this.#words.store(entry, stamp);
    // Last, and without a call: if there is no stack left for the store, nothing was pushed
    // and the ticket is used by the next push.
    this.#nextTicket = (ticket + 1) | 0;
    return stamp;
  }

  /** Takes the oldest call that no worker has taken: its stamp, or {@linkcode NOTHING}. */
  tryTake(): number {
    const words = this.#words;
    while (true) {
      const ticket = words.load(LANE_CLAIMED);
      const entry = this.#entry(ticket);
      const stamp = words.load(entry);
      if (!this.#holds(ticket, stamp)) {
        // Empty, unless others claimed so much meanwhile that the entry went round.
        if (words.load(LANE_CLAIMED) === ticket) return NOTHING;
        continue;
      }
      // Read before the claim: afterwards the owner may use the entry again. What was read
      // while it did so is dropped, for then the claim fails.
      const taken = this.#taken;
      taken[ENTRY_META] = words.read(entry + ENTRY_META);
      taken[ENTRY_VALUE] = words.read(entry + ENTRY_VALUE);
      taken[ENTRY_VALUE + 1] = words.read(entry + ENTRY_VALUE + 1);
      if (
        words.compareExchange(LANE_CLAIMED, ticket, (ticket + 1) | 0) === ticket
      ) {
        return stamp;
      }
    }
  }

  /** META of the call taken last. */
  get takenMeta(): number {
    return this.#taken[ENTRY_META];
  }

  /** VALUE of the call taken last, as a number. */
  get takenNumber(): number {
    return this.#takenNumbers[ENTRY_VALUE >> 1];
  }

  /** VALUE of the call taken last, as a number of bytes. */
  get takenByteLength(): number {
    return this.#taken[ENTRY_VALUE] >>> 0;
  }

  /** In which block of the owner's arena they are; NO_BLOCK for the inline area. */
  get takenBlock(): number {
    return this.#taken[ENTRY_VALUE + 1];
  }

  /** Whether a call is there to take. */
  hasWork(): boolean {
    const words = this.#words;
    while (true) {
      const ticket = words.load(LANE_CLAIMED);
      const stamp = words.load(this.#entry(ticket));
      if (this.#holds(ticket, stamp)) return true;
      if (words.load(LANE_CLAIMED) === ticket) return false;
    }
  }

  #entry(ticket: number): number {
    return LANE_RING + (ticket & this.#entryMask) * ENTRY_WORDS;
  }

  /** Whether an entry belongs to this ticket and not to one a lap before. */
  #holds(ticket: number, stamp: number): boolean {
    return (stamp >>> this.#slotBits) === (ticket & this.#ticketMask);
  }
}
