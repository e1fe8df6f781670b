/**
 * The memory of one lane, as both ends see it.
 *
 * @module
 */

import { Completions } from "./completions.ts";
import {
  ENTRY_VALUE,
  INLINE_BYTES,
  laneBytes,
  laneInlineByte,
  laneSlots,
  laneUseByte,
  SLOT_META,
  SLOT_VALUE,
  SLOT_WORDS,
} from "./layout.ts";
import { Ring } from "./ring.ts";
import { SharedWords } from "./words.ts";

/**
 * The VALUE of calls: in the ring's entry on the way to a worker, in the slot on the way
 * back.
 */
export interface Values {
  /** The number that was written. */
  number(slot: number): number;
  /** Writes a number. */
  setNumber(slot: number, value: number): void;
  /** How many bytes were written elsewhere. */
  byteLength(slot: number): number;
  /** In which block of the writer's arena; NO_BLOCK for the inline area. */
  block(slot: number): number;
  /** Says how many bytes are where. */
  setBytes(slot: number, byteLength: number, block: number): void;
}

/** Both views of a lane's memory. */
interface Views {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly floats: Float64Array<SharedArrayBuffer>;
}

/** Writes to the entry that is pushed next, reads from the call that was taken last. */
class EntryValues implements Values {
  readonly #ring: Ring;
  readonly #views: Views;

  constructor(ring: Ring, views: Views) {
    this.#ring = ring;
    this.#views = views;
  }

  number(): number {
    return this.#ring.takenNumber;
  }

  setNumber(_slot: number, value: number): void {
    this.#views.floats[(this.#ring.nextEntry + ENTRY_VALUE) >> 1] = value;
  }

  byteLength(): number {
    return this.#ring.takenWord(0) >>> 0;
  }

  block(): number {
    return this.#ring.takenWord(1);
  }

  setBytes(_slot: number, byteLength: number, block: number): void {
    const word = this.#ring.nextEntry + ENTRY_VALUE;
    this.#views.words[word] = byteLength;
    this.#views.words[word + 1] = block;
  }
}

class SlotValues implements Values {
  readonly #views: Views;
  readonly #first: number;

  constructor(views: Views, slots: number) {
    this.#views = views;
    this.#first = slots + SLOT_VALUE;
  }

  number(slot: number): number {
    return this.#views.floats[(this.#first + slot * SLOT_WORDS) >> 1];
  }

  setNumber(slot: number, value: number): void {
    this.#views.floats[(this.#first + slot * SLOT_WORDS) >> 1] = value;
  }

  byteLength(slot: number): number {
    return this.#views.words[this.#first + slot * SLOT_WORDS] >>> 0;
  }

  block(slot: number): number {
    return this.#views.words[this.#first + slot * SLOT_WORDS + 1];
  }

  setBytes(slot: number, byteLength: number, block: number): void {
    const word = this.#first + slot * SLOT_WORDS;
    this.#views.words[word] = byteLength;
    this.#views.words[word + 1] = block;
  }
}

/**
 * A lane carries the calls of one thread, its *owner*, to the workers of one pool and
 * their results back. Slots are addressed by index; which end may touch one, and when,
 * is written in README.md beside this file.
 */
export class Lane {
  /** The memory; hand this to the other threads. */
  readonly buffer: SharedArrayBuffer;
  /** Number of slots, a power of two. */
  readonly capacity: number;
  /** Index of the owning thread. */
  readonly owner: number;
  /** The owner as a list of threads, to address messages with. */
  readonly owners: readonly number[];
  /** Owner to workers. */
  readonly ring: Ring;
  /** Workers to owner. */
  readonly completions: Completions;
  /** Values on the way to the workers. */
  readonly arguments: Values;
  /** Values on the way back. */
  readonly results: Values;
  /** A byte for each slot, in which the owner keeps whether it is in use. Owner only. */
  readonly use: Uint8Array<SharedArrayBuffer>;
  /** The inline areas, and everything else, as bytes. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #meta: number;
  readonly #inline: number;

  constructor(buffer: SharedArrayBuffer, capacity: number, owner: number) {
    const words = new SharedWords(buffer);
    const slots = laneSlots(capacity);
    const views = {
      words: new Int32Array(buffer),
      floats: new Float64Array(buffer, 0, laneInlineByte(capacity) >> 3),
    };
    this.buffer = buffer;
    this.capacity = capacity;
    this.owner = owner;
    this.owners = [owner];
    this.ring = new Ring(words, capacity);
    this.completions = new Completions(words, slots, capacity);
    this.arguments = new EntryValues(this.ring, views);
    this.results = new SlotValues(views, slots);
    this.bytes = new Uint8Array(buffer);
    this.use = new Uint8Array(buffer, laneUseByte(capacity), capacity);
    this.#words = views.words;
    this.#meta = slots + SLOT_META;
    this.#inline = laneInlineByte(capacity);
  }

  /** Makes the memory of a new lane. */
  static create(capacity: number, owner: number): Lane {
    const buffer = new SharedArrayBuffer(laneBytes(capacity));
    Ring.initialize(new SharedWords(buffer));
    return new Lane(buffer, capacity, owner);
  }

  /** State of the slot's call, once a worker has taken it. */
  meta(slot: number): number {
    return this.#words[this.#meta + slot * SLOT_WORDS];
  }

  /** Sets the state; the push onto the chain publishes it. Worker only, or the owner after its end. */
  setMeta(slot: number, meta: number): void {
    this.#words[this.#meta + slot * SLOT_WORDS] = meta;
  }

  /** First byte of the slot's inline area. */
  inlineByte(slot: number): number {
    return this.#inline + slot * INLINE_BYTES;
  }
}
