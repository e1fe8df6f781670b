/**
 * The memory of one lane, as both ends see it.
 *
 * @module
 */

import { Arena } from "./arena.ts";
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
import { returned, running, threw } from "./slot_state.ts";
import { SharedWords } from "./words.ts";

/** The buffers of a lane. */
export interface LaneMemory {
  /** Ring, completions, slots and inline areas. */
  readonly words: SharedArrayBuffer;
  /** Arguments that are too large for the inline area. */
  readonly arena: SharedArrayBuffer;
}

/** Makes the memory of a new lane with `capacity` slots. */
export function createLaneMemory(
  capacity: number,
  maxPayloadBytes: number,
): LaneMemory {
  const words = new SharedArrayBuffer(laneBytes(capacity));
  Ring.initialize(new SharedWords(words));
  return { words, arena: Arena.create(maxPayloadBytes).buffer };
}

/**
 * A lane carries the calls of one thread, its *owner*, to the workers of one pool and
 * their results back. Slots are addressed by index; which end may touch one, and when,
 * is written in README.md beside this file.
 */
export class Lane {
  /** Number of slots, a power of two. */
  readonly capacity: number;
  /** Index of the owning thread. */
  readonly owner: number;
  /** The owner as a list of threads, to address messages with. */
  readonly owners: readonly number[];
  /** Owner to workers. */
  readonly ring: Ring;
  /** Large arguments on the way to the workers. */
  readonly arena: Arena;
  /** Workers to owner. */
  readonly completions: Completions;
  /** A byte for each slot, in which the owner keeps whether it is in use. Owner only. */
  readonly use: Uint8Array<SharedArrayBuffer>;
  /** The inline areas, and everything else, as bytes. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #numbers: Float64Array<SharedArrayBuffer>;
  readonly #slots: number;
  readonly #inline: number;

  constructor(memory: LaneMemory, capacity: number, owner: number) {
    const buffer = memory.words;
    const words = new SharedWords(buffer);
    const slots = laneSlots(capacity);
    this.capacity = capacity;
    this.owner = owner;
    this.owners = [owner];
    this.ring = new Ring(words, capacity);
    this.arena = new Arena(memory.arena);
    this.completions = new Completions(words, slots, capacity);
    this.bytes = new Uint8Array(buffer);
    this.use = new Uint8Array(buffer, laneUseByte(capacity), capacity);
    this.#words = new Int32Array(buffer);
    this.#numbers = new Float64Array(
      buffer,
      0,
      laneInlineByte(capacity) >> 3,
    );
    this.#slots = slots;
    this.#inline = laneInlineByte(capacity);
  }

  /** META of the slot, once a worker has taken its call: see slot_state.ts. */
  meta(slot: number): number {
    return this.#words[this.#slots + slot * SLOT_WORDS + SLOT_META];
  }

  /** SUBMITTED => RUNNING on the worker with this serial number. That worker only. */
  markRunning(slot: number, serial: number): void {
    this.#setMeta(slot, running(serial));
  }

  /**
   * RUNNING => DONE; the push onto the completions publishes it. The worker that runs the
   * call only.
   *
   * @param thread Index of that worker.
   * @param kind What the outcome is: see calls/payloads.ts.
   */
  markDone(slot: number, thread: number, kind: number, failed: boolean): void {
    this.#setMeta(slot, failed ? threw(thread, kind) : returned(thread, kind));
  }

  /** RUNNING => FREE, for a call whose worker has ended. Owner only. */
  clear(slot: number): void {
    this.#setMeta(slot, 0);
  }

  #setMeta(slot: number, meta: number): void {
    this.#words[this.#slots + slot * SLOT_WORDS + SLOT_META] = meta;
  }

  /** Where the VALUE of the call that is pushed next is written. Owner only. */
  get nextValue(): number {
    return this.ring.nextEntry + ENTRY_VALUE;
  }

  /** Where the VALUE of the slot's result is. */
  resultValue(slot: number): number {
    return this.#slots + slot * SLOT_WORDS + SLOT_VALUE;
  }

  /** The number in a VALUE. */
  number(value: number): number {
    return this.#numbers[value >> 1];
  }

  /** Writes a number into a VALUE. */
  setNumber(value: number, number: number): void {
    this.#numbers[value >> 1] = number;
  }

  /** How many bytes a VALUE stands for. */
  byteLength(value: number): number {
    return this.#words[value] >>> 0;
  }

  /** In which block of the writer's arena they are; NO_BLOCK for the inline area. */
  block(value: number): number {
    return this.#words[value + 1];
  }

  /** Writes into a VALUE how many bytes are where. */
  setBytes(value: number, byteLength: number, block: number): void {
    this.#words[value] = byteLength;
    this.#words[value + 1] = block;
  }

  /** First byte of the slot's inline area. */
  inlineByte(slot: number): number {
    return this.#inline + slot * INLINE_BYTES;
  }
}
