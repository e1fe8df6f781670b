/**
 * The items of a channel: a ring of bytes.
 *
 * @module
 */

import type { Words } from "../bridge/words.ts";
import { STATE } from "./layout.ts";

// State of a ring, in words. Positions are bytes from the start of the ring.
//   word  name      meaning
//   0     SIZE      bytes of the ring, a multiple of 8; never changes
//   1     CAPACITY  most items; never changes
//   2     SENT      number of items that were added
//   3     RECEIVED  number of items that were taken
//   4     HEAD      position of the item that is taken next
//   5     TAIL      position behind the item that was added last
// An item is one record, in one piece:
//   0     KIND      0: the next record is at the start of the ring
//   1     LENGTH    bytes that follow, which are padded to a multiple of 8

const SIZE = STATE;
const CAPACITY = STATE + 1;
const SENT = STATE + 2;
const RECEIVED = STATE + 3;
const HEAD = STATE + 4;
const TAIL = STATE + 5;

const HEADER_BYTES = 8;

/** The initial state of a ring. */
export function ringState(
  size: number,
  capacity: number,
): Record<number, number> {
  return { [SIZE]: size, [CAPACITY]: capacity };
}

/** Bytes of the record of an item of `length` bytes. */
export function recordBytes(length: number): number {
  return HEADER_BYTES + length + (-length & 7);
}

/** The ring of one channel. Its methods run inside steps, unless they say otherwise. */
export class ItemRing {
  readonly #words: Words;
  /** First byte of the ring in the memory of the object. */
  readonly #start: number;

  constructor(words: Words, start: number) {
    this.#words = words;
    this.#start = start;
  }

  /** Most items. Also outside of steps. */
  get capacity(): number {
    return this.#words.load(CAPACITY);
  }

  /** Number of items. Also outside of steps, where others may change it. */
  get count(): number {
    const received = this.#words.load(RECEIVED);
    return Math.max(0, this.#words.load(SENT) - received | 0);
  }

  /** Number of items that were taken so far, modulo 2³². Also outside of steps. */
  get received(): number {
    return this.#words.load(RECEIVED);
  }

  /** Number of items that were added so far, modulo 2³². */
  get sent(): number {
    return this.#words.read(SENT);
  }

  /** Bytes of the ring. Also outside of steps. */
  get size(): number {
    return this.#words.load(SIZE);
  }

  /** Whether there is room for an item whose record has so many bytes. */
  hasRoom(bytes: number): boolean {
    return this.count < this.capacity && this.#place(bytes) >= 0;
  }

  /** Where a record of so many bytes can be; -1 without room. */
  #place(bytes: number): number {
    const words = this.#words;
    const size = words.read(SIZE);
    if (this.count === 0) return bytes <= size ? 0 : -1;
    const head = words.read(HEAD);
    const tail = words.read(TAIL);
    if (tail <= head) return bytes <= head - tail ? tail : -1;
    if (bytes <= size - tail) return tail;
    return bytes <= head ? 0 : -1;
  }

  /**
   * Adds an item for which there is room.
   *
   * @param kind A number above 0.
   * @returns Where in the memory its bytes must be written, before the end of the step.
   */
  add(kind: number, length: number): number {
    const words = this.#words;
    const bytes = recordBytes(length);
    const at = this.#place(bytes);
    if (this.count === 0) words.write(HEAD, 0);
    else if (at === 0 && words.read(TAIL) < words.read(SIZE)) {
      words.write(this.#word(words.read(TAIL)), 0);
    }
    words.write(this.#word(at), kind);
    words.write(this.#word(at) + 1, length);
    words.write(TAIL, at + bytes);
    words.store(SENT, words.read(SENT) + 1 | 0);
    return this.#start + at + HEADER_BYTES;
  }

  /** The kind of the next item. There is one. */
  get kind(): number {
    return this.#words.read(this.#word(this.#head()));
  }

  /** The number of bytes of the next item. */
  get length(): number {
    return this.#words.read(this.#word(this.#head()) + 1);
  }

  /** Where in the memory the bytes of the next item are. */
  get at(): number {
    return this.#start + this.#head() + HEADER_BYTES;
  }

  /** Takes the next item out. */
  remove(): void {
    const words = this.#words;
    words.write(HEAD, this.#head() + recordBytes(this.length));
    words.store(RECEIVED, words.read(RECEIVED) + 1 | 0);
  }

  /** Position of the next item. */
  #head(): number {
    const words = this.#words;
    const head = words.read(HEAD);
    const isAtEnd = head === words.read(SIZE) ||
      words.read(this.#word(head)) === 0;
    return isAtEnd ? 0 : head;
  }

  #word(position: number): number {
    return (this.#start + position) >> 2;
  }
}
