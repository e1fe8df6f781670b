/**
 * Memory for payloads that are too large for a slot.
 *
 * @module
 */

import {
  ARENA_BLOCKS_BYTE,
  ARENA_RETURNED,
  ARENA_UNUSED,
  ARENA_WANTED,
  BLOCK_HEADER_BYTES,
} from "./layout.ts";
import { SharedWords, type Words } from "./words.ts";

/** What {@linkcode Arena.tryAllocate} returns when no block is free. */
export const NO_BLOCK = 0;

/** In a block's header beside the size class: it is not free. */
const LIVE = 1 << 8;

/** What an arena has before the first large payload. */
const FIRST_BYTES = 1 << 16;

/** log2 of the smallest block. */
const SMALLEST_BITS = 9;

/**
 * Each thread has one arena. Only it allocates there; whoever reads a payload returns
 * the block. The memory grows with use: what is merely reserved costs address space only,
 * while garbage collectors take a large buffer for a reason to run less often.
 *
 * Blocks have size classes, four to each power of two, and are not merged; but an arena
 * from which everything came back starts afresh, so no request can starve.
 */
export class Arena {
  /** The memory; hand this to the other threads. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Words;
  #bytes: Uint8Array<SharedArrayBuffer>;
  /** Owner only: free blocks by size class. */
  readonly #free: number[][] = [];
  #unused = ARENA_BLOCKS_BYTE;
  #liveCount = 0;
  /**
   * The block that was allocated last, until its payload is published. A submission that
   * fails in between leaves it here. Owner only.
   */
  unpublished = NO_BLOCK;

  constructor(
    buffer: SharedArrayBuffer,
    words: Words = new SharedWords(buffer),
  ) {
    this.buffer = buffer;
    this.#words = words;
    this.#bytes = fixedView(buffer);
  }

  /** Makes an arena whose largest payload has `maxPayloadBytes`. */
  static create(maxPayloadBytes: number): Arena {
    const largest = classBytes(sizeClass(maxPayloadBytes + BLOCK_HEADER_BYTES));
    const maxByteLength = ARENA_BLOCKS_BYTE + largest;
    return new Arena(
      new SharedArrayBuffer(Math.min(FIRST_BYTES, maxByteLength), {
        maxByteLength,
      }),
    );
  }

  /**
   * The memory as bytes, up to the end of the block at least; its payload starts at
   * {@linkcode Arena.payloadByte}.
   */
  bytesWith(block: number, byteLength: number): Uint8Array<SharedArrayBuffer> {
    if (Arena.payloadByte(block) + byteLength > this.#bytes.length) {
      this.#bytes = fixedView(this.buffer);
    }
    return this.#bytes;
  }

  /** Takes over from the owner before, which has ended; its blocks may still be read. */
  resume(): void {
    this.#collect();
    this.#free.length = 0;
    this.#liveCount = 0;
    const words = this.#words;
    const end = words.read(ARENA_UNUSED) * 2;
    let word = ARENA_BLOCKS_BYTE >> 2;
    while (word < end) {
      const header = words.read(word + 1);
      if ((header & LIVE) !== 0) this.#liveCount++;
      else (this.#free[header] ??= []).push(word >> 1);
      word += classBytes(header & ~LIVE) >> 2;
    }
    this.#unused = word * 4;
  }

  /** First byte of the block's payload. */
  static payloadByte(block: number): number {
    return block * 8 + BLOCK_HEADER_BYTES;
  }

  /** A block for `byteLength` bytes, or {@linkcode NO_BLOCK}. Owner only. */
  tryAllocate(byteLength: number): number {
    if (this.unpublished !== NO_BLOCK) this.#takeBack(this.unpublished);
    if (this.#words.load(ARENA_RETURNED) !== 0) this.#collect();
    const size = sizeClass(byteLength + BLOCK_HEADER_BYTES);
    const free = this.#free[size];
    if (free !== undefined && free.length > 0) {
      return this.#take(free.pop()!, size);
    }
    if (this.#liveCount === 0) {
      this.#free.length = 0;
      this.#unused = ARENA_BLOCKS_BYTE;
    }
    const end = this.#unused + classBytes(size);
    if (end > this.buffer.maxByteLength) return NO_BLOCK;
    if (end > this.buffer.byteLength && !this.#tryGrow(end)) return NO_BLOCK;
    const block = this.#unused >>> 3;
    this.#unused = end;
    this.#words.write(ARENA_UNUSED, end >>> 3);
    return this.#take(block, size);
  }

  /** Asks for an unpark when a block comes back; then try to allocate once more. Owner only. */
  want(): void {
    this.#words.store(ARENA_WANTED, 1);
  }

  /**
   * Gives a block back after reading it. Any thread, once for each block.
   * True when the owner waits for it and has to be unparked.
   */
  release(block: number): boolean {
    const words = this.#words;
    while (true) {
      const top = words.load(ARENA_RETURNED);
      words.write(block * 2, top);
      // Publishes the link; pairs with the exchange in #collect(). That one takes all
      // blocks at once, so it does not matter if a block comes back twice meanwhile.
      if (words.compareExchange(ARENA_RETURNED, top, block) === top) break;
    }
    return words.load(ARENA_WANTED) === 1 &&
      words.exchange(ARENA_WANTED, 0) === 1;
  }

  /** False when the machine has no memory left, but some may come back. */
  #tryGrow(byteLength: number): boolean {
    const doubled = Math.max(byteLength, this.buffer.byteLength * 2);
    try {
      this.buffer.grow(Math.min(doubled, this.buffer.maxByteLength));
      return true;
    } catch (error) {
      if (this.#liveCount === 0) throw error;
      return false;
    }
  }

  #take(block: number, size: number): number {
    this.#words.write(block * 2 + 1, size | LIVE);
    this.#liveCount++;
    this.unpublished = block;
    return block;
  }

  #takeBack(block: number): void {
    const size = this.#words.read(block * 2 + 1) & ~LIVE;
    this.#words.write(block * 2 + 1, size);
    (this.#free[size] ??= []).push(block);
    this.#liveCount--;
    this.unpublished = NO_BLOCK;
  }

  #collect(): void {
    const words = this.#words;
    let block = words.exchange(ARENA_RETURNED, 0);
    while (block !== 0) {
      const size = words.read(block * 2 + 1) & ~LIVE;
      words.write(block * 2 + 1, size);
      (this.#free[size] ??= []).push(block);
      this.#liveCount--;
      block = words.read(block * 2);
    }
  }
}

/** A view that does not follow the buffer's growth: those that do are much slower. */
function fixedView(buffer: SharedArrayBuffer): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(buffer, 0, buffer.byteLength);
}

/** The class of a block of `byteLength` bytes, header included. */
function sizeClass(byteLength: number): number {
  if (byteLength <= 1 << SMALLEST_BITS) return 0;
  // The power of two below, then the quarter of it in which the length falls.
  const bits = 31 - Math.clz32(byteLength - 1);
  const quarter = ((byteLength - 1) >>> (bits - 2)) & 3;
  return (bits - SMALLEST_BITS) * 4 + quarter + 1;
}

/** Bytes of the blocks of a class. */
function classBytes(size: number): number {
  if (size === 0) return 1 << SMALLEST_BITS;
  const bits = ((size - 1) >> 2) + SMALLEST_BITS;
  const quarter = (size - 1) & 3;
  return (5 + quarter) * 2 ** (bits - 2);
}
