/**
 * The memory of one lane, and both ends' view of a slot.
 *
 * @module
 */

import { Chain } from "./chain.ts";
import {
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
  /** The owner as a list of threads, to address letters with. */
  readonly owners: readonly number[];
  /** Owner to workers. */
  readonly ring: Ring;
  /** Workers to owner. */
  readonly chain: Chain;
  /** A byte for each slot, in which the owner keeps whether it is in use. Owner only. */
  readonly use: Uint8Array<SharedArrayBuffer>;
  /** The inline areas, and everything else, as bytes. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #floats: Float64Array<SharedArrayBuffer>;
  readonly #meta: number;
  readonly #value: number;
  readonly #float: number;
  readonly #inline: number;

  constructor(buffer: SharedArrayBuffer, capacity: number, owner: number) {
    const words = new SharedWords(buffer);
    const slots = laneSlots(capacity);
    this.buffer = buffer;
    this.capacity = capacity;
    this.owner = owner;
    this.owners = [owner];
    this.ring = new Ring(words, capacity);
    this.chain = new Chain(words, slots, capacity);
    this.bytes = new Uint8Array(buffer);
    this.use = new Uint8Array(buffer, laneUseByte(capacity), capacity);
    this.#words = new Int32Array(buffer);
    this.#floats = new Float64Array(buffer, 0, laneInlineByte(capacity) >> 3);
    this.#meta = slots + SLOT_META;
    this.#value = slots + SLOT_VALUE;
    this.#float = (slots + SLOT_VALUE) >> 1;
    this.#inline = laneInlineByte(capacity);
  }

  /** Makes the memory of a new lane. */
  static create(capacity: number, owner: number): Lane {
    const buffer = new SharedArrayBuffer(laneBytes(capacity));
    Ring.initialize(new SharedWords(buffer));
    return new Lane(buffer, capacity, owner);
  }

  /** State and kind of the slot's call. */
  meta(slot: number): number {
    return this.#words[this.#meta + slot * SLOT_WORDS];
  }

  /** Sets state and kind; published by the push onto ring or chain that follows. */
  setMeta(slot: number, meta: number): void {
    this.#words[this.#meta + slot * SLOT_WORDS] = meta;
  }

  /** The slot's value as a number. */
  number(slot: number): number {
    return this.#floats[this.#float + slot * (SLOT_WORDS >> 1)];
  }

  /** Sets the slot's value. */
  setNumber(slot: number, value: number): void {
    this.#floats[this.#float + slot * (SLOT_WORDS >> 1)] = value;
  }

  /** Bytes of the slot's payload. */
  payloadBytes(slot: number): number {
    return this.#words[this.#value + slot * SLOT_WORDS] >>> 0;
  }

  /** Where in the arena the slot's payload is, in units of 8 bytes. */
  payloadBlock(slot: number): number {
    return this.#words[this.#value + slot * SLOT_WORDS + 1];
  }

  /** Says how many bytes the payload has and, unless they are inline, where. */
  setPayload(slot: number, byteLength: number, block: number): void {
    this.#words[this.#value + slot * SLOT_WORDS] = byteLength;
    this.#words[this.#value + slot * SLOT_WORDS + 1] = block;
  }

  /** First byte of the slot's inline area. */
  inlineByte(slot: number): number {
    return this.#inline + slot * INLINE_BYTES;
  }
}
