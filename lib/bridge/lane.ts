/**
 * The memory of one lane, as its owner and the workers see it.
 *
 * @module
 */

import { Arena } from "./arena.ts";
import { CallWords } from "./call_words.ts";
import { Completions } from "./completions.ts";
import {
  ENTRY_VALUE,
  INLINE_BYTES,
  laneBytes,
  laneCalls,
  laneInlineByte,
  laneSlots,
  laneTimesByte,
  laneUseByte,
  ringPlace,
  SLOT_META,
  SLOT_VALUE,
  SLOT_WORDS,
} from "./layout.ts";
import { Ring, TakenCall } from "./ring.ts";
import { done, running } from "./slot_state.ts";
import { SharedWords } from "./words.ts";

/** The memory of a lane, to be shared with the other threads. */
export interface LaneMemory {
  /** Rings, completions, slots and inline areas. */
  readonly words: SharedArrayBuffer;
  /** Arena for arguments that do not fit the inline area. */
  readonly arena: SharedArrayBuffer;
  /** Number of slots, a power of two. */
  readonly capacity: number;
}

/** Creates the memory of a lane with `capacity` slots to a pool of `workerCount` workers. */
export function createLaneMemory(
  capacity: number,
  maxPayloadBytes: number,
  workerCount: number,
): LaneMemory {
  const words = new SharedArrayBuffer(laneBytes(capacity, workerCount));
  // Its owner prepares the other rings, when it first uses them.
  new Ring(new SharedWords(words), capacity).initialize();
  return { words, arena: Arena.create(maxPayloadBytes).buffer, capacity };
}

/**
 * A lane carries the calls of one thread, its *owner*, to the workers of one pool and
 * carries their results back. Slots are addressed by index. README.md in this folder
 * defines which thread may access a slot, and when.
 */
export class Lane {
  /** Number of slots, a power of two. */
  readonly capacity: number;
  /** Index of the owning thread. */
  readonly owner: number;
  /** What the number of a call begins with, which is that of no other lane. */
  readonly firstCall: number;
  /** The owner as a list of one thread: the targets of a result. */
  readonly owners: readonly number[];
  /** The normal ring: calls, from the owner to the workers. */
  readonly ring: Ring;
  /** The ring of the next push. The owner changes it for a single submission at a time. */
  nextRing: Ring;
  /** The call that this thread took last, through any ring. */
  readonly taken: TakenCall = new TakenCall();
  /** Arguments that do not fit the inline area. */
  readonly arena: Arena;
  /** Completed calls, from the workers to the owner. */
  readonly completions: Completions;
  /** Whether controlled calls are cancelled. */
  readonly calls: CallWords;
  /** One byte per slot: whether it is in use, and flags of the owner. Owner only. */
  readonly use: Uint8Array<SharedArrayBuffer>;
  /** For each slot, when its call began to run and for how long: see layout.ts. */
  readonly times: Float64Array<SharedArrayBuffer>;
  /** The whole lane as bytes; see {@linkcode Lane.inlineByte}. */
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly #rings: (Ring | undefined)[];
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #numbers: Float64Array<SharedArrayBuffer>;
  /** The words from META of the first slot on. */
  readonly #metas: Int32Array<SharedArrayBuffer>;
  readonly #firstResult: number;
  readonly #inline: number;

  /** @param firstCall See {@linkcode Lane.firstCall}. */
  constructor(memory: LaneMemory, owner: number, firstCall = 0) {
    const { words: buffer, capacity } = memory;
    const words = new SharedWords(buffer);
    const slots = laneSlots(capacity);
    this.capacity = capacity;
    this.owner = owner;
    this.firstCall = firstCall;
    this.owners = [owner];
    this.ring = new Ring(words, capacity, this.taken);
    this.nextRing = this.ring;
    this.#rings = [this.ring];
    this.arena = new Arena(memory.arena);
    this.completions = new Completions(words, slots, capacity);
    this.calls = new CallWords(words, laneCalls(capacity));
    this.bytes = new Uint8Array(buffer);
    this.use = new Uint8Array(buffer, laneUseByte(capacity), capacity);
    const times = laneTimesByte(buffer.byteLength, capacity);
    this.times = new Float64Array(buffer, times, capacity * 2);
    this.#words = new Int32Array(buffer);
    this.#numbers = new Float64Array(buffer);
    this.#metas = new Int32Array(buffer, (slots + SLOT_META) * 4);
    this.#firstResult = slots + SLOT_VALUE;
    this.#inline = laneInlineByte(capacity);
  }

  /** META of the slot, which is valid once a worker has taken its call: see slot_state.ts. */
  meta(slot: number): number {
    return this.#metas[slot * SLOT_WORDS];
  }

  /** SUBMITTED => RUNNING on the worker with this serial number. Only that worker. */
  markRunning(slot: number, serial: number): void {
    this.#setMeta(slot, running(serial));
  }

  /**
   * RUNNING => DONE. {@linkcode Completions.push} publishes it. Only the worker that runs
   * the call.
   *
   * @param thread Index of that worker.
   * @param kind Kind of the result or error: see payloads/payloads.ts.
   * @param failed Whether the call threw.
   */
  markDone(slot: number, thread: number, kind: number, failed: boolean): void {
    this.#setMeta(slot, done(thread, kind, failed));
  }

  /** RUNNING => FREE, for a call whose worker has ended. Owner only. */
  clear(slot: number): void {
    this.#setMeta(slot, 0);
  }

  #setMeta(slot: number, meta: number): void {
    this.#metas[slot * SLOT_WORDS] = meta;
  }

  /**
   * One of the rings.
   *
   * @param index `HIGH_RING`, `LOW_RING`, or `DIRECT_RINGS` plus the position of a worker in
   * its pool: see layout.ts.
   */
  ringAt(index: number): Ring {
    return this.#rings[index] ??= new Ring(
      new SharedWords(this.bytes.buffer),
      this.capacity,
      this.taken,
      ringPlace(index, this.capacity),
    );
  }

  /** First word of the VALUE that the next push publishes, which is of that slot. Owner only. */
  nextValue(slot: number): number {
    return this.nextRing.entryFor(slot) + ENTRY_VALUE;
  }

  /** First word of the VALUE of the slot's result. */
  resultValue(slot: number): number {
    return this.#firstResult + slot * SLOT_WORDS;
  }

  /** Reads a VALUE that is a number. */
  number(value: number): number {
    return this.#numbers[value >> 1];
  }

  /** Writes a number as a VALUE. */
  setNumber(value: number, number: number): void {
    this.#numbers[value >> 1] = number;
  }

  /** Length in bytes of the payload that a VALUE describes. */
  byteLength(value: number): number {
    return this.#words[value] >>> 0;
  }

  /** Block, in the sender's arena, of that payload; NO_BLOCK means the inline area. */
  block(value: number): number {
    return this.#words[value + 1];
  }

  /** Writes the length and the block of a payload as a VALUE. */
  setBytes(value: number, byteLength: number, block: number): void {
    this.#words[value] = byteLength;
    this.#words[value + 1] = block;
  }

  /** Offset in bytes of the slot's inline area. */
  inlineByte(slot: number): number {
    return this.#inline + slot * INLINE_BYTES;
  }
}
