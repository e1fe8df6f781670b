/**
 * The ring through which the owner of a lane passes calls to workers, oldest first.
 *
 * @module
 */

import {
  ENTRY_META,
  ENTRY_VALUE,
  ENTRY_WORDS,
  NORMAL_RING,
  type RingPlace,
  ringPlace,
} from "./layout.ts";
import type { Words } from "./words.ts";

/** Ticket 0 is never used, so an entry of zeroes is never valid. */
const FIRST_TICKET = 1;

/** What {@linkcode Ring.tryTake} returns when the ring is empty. */
export const NOTHING = -1;

/** META and VALUE of the call that this thread took last from a lane, through any ring. */
export class TakenCall {
  /** META and VALUE, at the places that they have in an entry. */
  readonly words: Int32Array = new Int32Array(ENTRY_WORDS);
  readonly #numbers = new Float64Array(this.words.buffer);

  /** META. */
  get meta(): number {
    return this.words[ENTRY_META];
  }

  /** VALUE, as a number. */
  get number(): number {
    return this.#numbers[ENTRY_VALUE >> 1];
  }

  /** Length in bytes of the payload. */
  get byteLength(): number {
    return this.words[ENTRY_VALUE] >>> 0;
  }

  /** Block, in the owner's arena, of the payload; NO_BLOCK means the inline area. */
  get block(): number {
    return this.words[ENTRY_VALUE + 1];
  }
}

/**
 * A queue with one producer and many consumers. Each call gets the next *ticket*. Entry
 * `ticket % capacity` holds the call's *stamp* (the low bits of the ticket, then the slot),
 * META and VALUE; in direct rings the last two are in a table by slot. An entry can be taken when its ticket equals CLAIMED, so the owner
 * publishes a call with one store and shares no counter with the workers.
 *
 * The ring cannot overflow: it has as many entries as the lane has slots, and a call holds
 * its slot from before its push until after its completion.
 */
export class Ring {
  readonly #words: Words;
  /** Both of tickets and of slots, as there are as many entries as slots. */
  readonly #entryMask: number;
  readonly #slotBits: number;
  readonly #ticketMask: number;
  readonly #claimed: number;
  readonly #entries: number;
  readonly #entryWords: number;
  /** First word of the entries by slot; 0 when the ring's entries have META and VALUE. */
  readonly #bySlot: number;
  readonly #taken: Int32Array;
  #nextTicket = 0;
  #nextEntry: number;

  /**
   * @param capacity Number of entries, and of slots of the lane.
   * @param taken Gets META and VALUE of the calls that are taken.
   * @param place Where in `words` the ring is.
   */
  constructor(
    words: Words,
    capacity: number,
    taken: TakenCall = new TakenCall(),
    place: RingPlace = ringPlace(NORMAL_RING, capacity),
  ) {
    this.#words = words;
    this.#claimed = place.claimed;
    this.#entries = place.entries;
    this.#bySlot = place.bySlot;
    this.#entryWords = place.bySlot === 0 ? ENTRY_WORDS : 1;
    this.#taken = taken.words;
    this.#nextEntry = place.entries;
    this.#entryMask = capacity - 1;
    this.#slotBits = 31 - Math.clz32(capacity);
    this.#ticketMask = (1 << (31 - this.#slotBits)) - 1;
  }

  /** Prepares new memory, before other threads use the ring. */
  initialize(): void {
    this.#words.store(this.#claimed, FIRST_TICKET);
  }

  /**
   * Finds the next ticket. An owner calls this before its first push, also when it takes
   * over the lane from a thread that has ended. Owner only.
   */
  resume(): void {
    const ticket = this.#firstFree(this.#words.load(this.#claimed));
    this.#nextTicket = ticket;
    this.#nextEntry = this.#entryOf(ticket);
  }

  /** The first ticket from this one on that is not in the ring. */
  #firstFree(ticket: number): number {
    let free = ticket;
    while (this.#holds(free, this.#words.load(this.#entryOf(free)))) {
      free = (free + 1) | 0;
    }
    return free;
  }

  /**
   * First word of the entry that gets META and VALUE of the next push; its VALUE is written
   * before. Owner only.
   */
  entryFor(slot: number): number {
    return this.#bySlot === 0 ? this.#nextEntry : this.#entryOfSlot(slot);
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
    const nextEntry = this.#entryOf(next);
    this.#words.write(this.entryFor(slot) + ENTRY_META, meta);
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
      const ticket = words.load(this.#claimed);
      const entry = this.#entryOf(ticket);
      const stamp = words.load(entry);
      if (!this.#holds(ticket, stamp)) {
        // Empty, unless other workers moved CLAIMED and the entry was reused.
        if (words.load(this.#claimed) === ticket) return NOTHING;
        continue;
      }
      // Read before the claim: after it, the owner may reuse the entry. If the owner has
      // already done so, the claim fails and the values are dropped.
      const taken = this.#taken;
      const from = this.#bySlot === 0 ? entry : this.#entryOfSlot(stamp);
      taken[ENTRY_META] = words.read(from + ENTRY_META);
      taken[ENTRY_VALUE] = words.read(from + ENTRY_VALUE);
      taken[ENTRY_VALUE + 1] = words.read(from + ENTRY_VALUE + 1);
      if (
        words.compareExchange(this.#claimed, ticket, (ticket + 1) | 0) ===
          ticket
      ) {
        return stamp;
      }
    }
  }

  /** Number of calls that no worker has taken. Owner only. */
  get length(): number {
    return (this.#nextTicket - this.#words.load(this.#claimed)) | 0;
  }

  /** Number of calls that no worker has taken, for any thread. Looks at each of them. */
  countCalls(): number {
    const ticket = this.#words.load(this.#claimed);
    return (this.#firstFree(ticket) - ticket) | 0;
  }

  /** Number of calls that workers have taken, modulo 2³². */
  get takenCount(): number {
    return (this.#words.load(this.#claimed) - FIRST_TICKET) >>> 0;
  }

  /** Whether there is a call to take. */
  hasWork(): boolean {
    const words = this.#words;
    while (true) {
      const ticket = words.load(this.#claimed);
      const stamp = words.load(this.#entryOf(ticket));
      if (this.#holds(ticket, stamp)) return true;
      if (words.load(this.#claimed) === ticket) return false;
    }
  }

  /** Whether the entry with this stamp belongs to the ticket, not to one of an earlier lap. */
  #holds(ticket: number, stamp: number): boolean {
    return (stamp >>> this.#slotBits) === (ticket & this.#ticketMask);
  }

  /** First word of the entry of a ticket. */
  #entryOf(ticket: number): number {
    return this.#entries + (ticket & this.#entryMask) * this.#entryWords;
  }

  /** First word of the entry of a stamp's slot. */
  #entryOfSlot(stamp: number): number {
    return this.#bySlot + (stamp & this.#entryMask) * ENTRY_WORDS;
  }
}
