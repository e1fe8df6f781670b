/**
 * The ring in which one owner hands calls to many workers, oldest first.
 *
 * @module
 */

import { LANE_CLAIMED, LANE_RING } from "./layout.ts";
import type { Words } from "./words.ts";

/** What {@linkcode Ring.tryTake} returns when nothing is there to take. */
export const NOTHING = -1;

/**
 * One producer, many consumers. Every call gets the next *ticket*; entry
 * `ticket % capacity` holds its *stamp*: the low bits of the ticket, then the slot.
 * An entry is there to take when its ticket is the one that CLAIMED asks for, so the
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
      this.#holds(
        ticket,
        this.#words.load(LANE_RING + (ticket & this.#entryMask)),
      )
    ) {
      ticket = (ticket + 1) | 0;
    }
    this.#nextTicket = ticket;
  }

  /** Hands `slot` to the workers and returns its stamp. Owner only. */
  push(slot: number): number {
    const ticket = this.#nextTicket;
    this.#nextTicket = (ticket + 1) | 0;
    const stamp = ((ticket & this.#ticketMask) << this.#slotBits) | slot;
    // Publishes the slot's META, VALUE and payload; pairs with the load in tryTake().
    this.#words.store(LANE_RING + (ticket & this.#entryMask), stamp);
    return stamp;
  }

  /** Takes the oldest call that no worker has taken: its stamp, or {@linkcode NOTHING}. */
  tryTake(): number {
    const words = this.#words;
    while (true) {
      const ticket = words.load(LANE_CLAIMED);
      // Read before the claim: afterwards the owner may use the entry again.
      const stamp = words.load(LANE_RING + (ticket & this.#entryMask));
      if (!this.#holds(ticket, stamp)) {
        // Empty, unless others claimed so much meanwhile that the entry went round.
        if (words.load(LANE_CLAIMED) === ticket) return NOTHING;
      } else if (
        words.compareExchange(LANE_CLAIMED, ticket, (ticket + 1) | 0) === ticket
      ) {
        return stamp;
      }
    }
  }

  /** Whether a call is there to take. */
  hasWork(): boolean {
    const words = this.#words;
    while (true) {
      const ticket = words.load(LANE_CLAIMED);
      const stamp = words.load(LANE_RING + (ticket & this.#entryMask));
      if (this.#holds(ticket, stamp)) return true;
      if (words.load(LANE_CLAIMED) === ticket) return false;
    }
  }

  /** Whether an entry belongs to this ticket and not to one a lap before. */
  #holds(ticket: number, stamp: number): boolean {
    return (stamp >>> this.#slotBits) === (ticket & this.#ticketMask);
  }
}
