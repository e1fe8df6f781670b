/**
 * The ring through which the owner of a lane passes calls to workers, oldest first.
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

/** What {@linkcode Ring.tryTake} returns when the ring is empty. */
export const NOTHING = -1;

/**
 * A queue with one producer and many consumers. Each call gets the next *ticket*. Entry
 * `ticket % capacity` holds the call's *stamp* (the low bits of the ticket, then the slot),
 * META and VALUE. An entry can be taken when its ticket equals CLAIMED, so the owner
 * publishes a call with one store and shares no counter with the workers.
 *
 * The ring cannot overflow: it has as many entries as the lane has slots, and a call holds
 * its slot from before its push until after its completion.
 */
export class Ring {
  readonly #words: Words;
  readonly #entryMask: number;
  readonly #slotBits: number;
  readonly #ticketMask: number;
  #nextTicket = 0;
  #nextEntry = LANE_RING;
  // META and VALUE of the call taken last, and VALUE as a number.
  readonly #taken = new Int32Array(4);
  readonly #takenNumbers = new Float64Array(this.#taken.buffer);

  constructor(words: Words, capacity: number) {
    this.#words = words;
    this.#entryMask = capacity - 1;
    this.#slotBits = 31 - Math.clz32(capacity);
    this.#ticketMask = (1 << (31 - this.#slotBits)) - 1;
  }

  /** Prepares new memory, before other threads get the lane. */
  static initialize(words: Words): void {
    // Ticket 0 is never used, so an entry of zeroes is never valid.
    words.store(LANE_CLAIMED, 1);
  }

  /**
   * Finds the next ticket. An owner calls this before its first push, also when it takes
   * over the lane from a thread that has ended. Owner only.
   */
  resume(): void {
    let ticket = this.#words.load(LANE_CLAIMED);
    while (
      this.#holds(ticket, this.#words.load(entryOf(ticket, this.#entryMask)))
    ) {
      ticket = (ticket + 1) | 0;
    }
    this.#nextTicket = ticket;
    this.#nextEntry = entryOf(ticket, this.#entryMask);
  }

  /** First word of the entry of the next push; its VALUE is written before. Owner only. */
  get nextEntry(): number {
    return this.#nextEntry;
  }

  /**
   * Publishes a call, whose VALUE and payload are already written. Owner only. Near the end
   * of the stack it throws before anything has changed.
   *
   * @returns The stamp of the call.
   */
  push(slot: number, meta: number): number {
    const ticket = this.#nextTicket;
    const stamp = ((ticket & this.#ticketMask) << this.#slotBits) | slot;
    const entry = this.#nextEntry;
    const next = (ticket + 1) | 0;
    const nextEntry = entryOf(next, this.#entryMask);
    this.#words.write(entry + ENTRY_META, meta);
    // Publishes META, VALUE and payload; pairs with the load in tryTake().
    this.#words.store(entry, stamp);
    // After the store: if that throws because no stack is left, nothing was pushed, and the
    // next push uses this ticket.
    this.#nextTicket = next;
    this.#nextEntry = nextEntry;
    return stamp;
  }

  /**
   * Takes the oldest call that no worker has taken.
   *
   * @returns Its stamp, or {@linkcode NOTHING}.
   */
  tryTake(): number {
    const words = this.#words;
    while (true) {
      const ticket = words.load(LANE_CLAIMED);
      const entry = entryOf(ticket, this.#entryMask);
      const stamp = words.load(entry);
      if (!this.#holds(ticket, stamp)) {
        // Empty, unless other workers moved CLAIMED and the entry was reused.
        if (words.load(LANE_CLAIMED) === ticket) return NOTHING;
        continue;
      }
      // Read before the claim: after it, the owner may reuse the entry. If the owner has
      // already done so, the claim fails and the values are dropped.
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

  /** META of the call that this thread took last. */
  get takenMeta(): number {
    return this.#taken[ENTRY_META];
  }

  /** VALUE of that call, as a number. */
  get takenNumber(): number {
    return this.#takenNumbers[ENTRY_VALUE >> 1];
  }

  /** Length in bytes of that call's payload. */
  get takenByteLength(): number {
    return this.#taken[ENTRY_VALUE] >>> 0;
  }

  /** Block, in the owner's arena, of that payload; NO_BLOCK means the inline area. */
  get takenBlock(): number {
    return this.#taken[ENTRY_VALUE + 1];
  }

  /** Whether there is a call to take. */
  hasWork(): boolean {
    const words = this.#words;
    while (true) {
      const ticket = words.load(LANE_CLAIMED);
      const stamp = words.load(entryOf(ticket, this.#entryMask));
      if (this.#holds(ticket, stamp)) return true;
      if (words.load(LANE_CLAIMED) === ticket) return false;
    }
  }

  /** Whether the entry with this stamp belongs to the ticket, not to one of an earlier lap. */
  #holds(ticket: number, stamp: number): boolean {
    return (stamp >>> this.#slotBits) === (ticket & this.#ticketMask);
  }
}

/** First word of the entry of a ticket. */
function entryOf(ticket: number, entryMask: number): number {
  return LANE_RING + (ticket & entryMask) * ENTRY_WORDS;
}
