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
import { NO_PAGES, type Pages } from "./pages.ts";
import { GrowingWords, type Words } from "./words.ts";

/** What {@linkcode Arena.tryAllocate} returns when no block is free. */
export const NO_BLOCK = 0;

/** Flag in a block's header, next to the size class: the block is allocated. */
const LIVE = 1 << 8;

/** Small blocks are made of so many unused bytes at once. */
const BATCH_BYTES = 1 << 14;

/** Initial size of an arena. */
const FIRST_BYTES = 1 << 14;

/** An arena keeps the pages of its first bytes when it gives others back. */
export const KEPT_BYTES: number = 1 << 21;
/** The smallest free block whose pages are given back, as a part of what is kept. */
const SMALLEST_DROPPED = 1 / 32;
/** Arenas that grow beyond this use huge pages. */
const HUGE_FROM_BYTES = 1 << 22;

/** log2 of the smallest block. */
const SMALLEST_BITS = 9;

/**
 * Payload memory of one thread, its *owner*: the arguments of one lane, or the results of a
 * thread. Only the owner allocates; the thread that reads a payload releases its block.
 *
 * The buffer grows with use. Reserved memory costs address space only, but a buffer that is
 * large from the start makes garbage collectors run less often.
 *
 * Blocks have size classes, four to each power of two, and are never merged. When no free
 * block fits and all blocks have been returned, the arena discards the free blocks and
 * starts again from its first byte, so no allocation can starve.
 *
 * The buffer never shrinks, but its owner gives the pages of free blocks back to the kernel
 * when they are not used any more.
 */
export class Arena {
  /** The memory, to be shared with the other threads. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Words;
  #bytes: Uint8Array<SharedArrayBuffer>;
  /** Free blocks by size class. Owner only. */
  readonly #free: number[][] = [];
  #unused = ARENA_BLOCKS_BYTE;
  #liveCount = 0;
  /**
   * The block that was allocated last, until its payload is published. A submission that
   * throws in between leaves it here, and the next allocation frees it. Owner only.
   */
  unpublished = NO_BLOCK;
  /** Where pages are given back. Set only by the owner. */
  pages: Pages = NO_PAGES;
  /** Called when there may be pages to give back: see {@linkcode Arena.trim}. Owner only. */
  onExcess: () => void = () => {};
  readonly #keptBytes: number;
  /** No page behind this byte is in memory. */
  #touched = 0;
  /** End of the blocks that were in use since the last trim(). */
  #peak = 0;
  /** The last of these blocks, since the arena has started again from its first byte. */
  #peakBlock = NO_BLOCK;

  constructor(
    buffer: SharedArrayBuffer,
    words: Words = new GrowingWords(buffer),
    keptBytes: number = KEPT_BYTES,
  ) {
    this.#keptBytes = keptBytes;
    this.buffer = buffer;
    this.#words = words;
    this.#bytes = fixedView(buffer);
  }

  /** Creates an arena for payloads of up to `maxPayloadBytes`. */
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
   * A view of the arena that covers at least the first `byteLength` bytes of the block's
   * payload, which starts at {@linkcode Arena.payloadByte}.
   */
  bytesWith(block: number, byteLength: number): Uint8Array<SharedArrayBuffer> {
    if (Arena.payloadByte(block) + byteLength > this.#bytes.length) {
      this.#bytes = fixedView(this.buffer);
    }
    return this.#bytes;
  }

  /** End of the last block, as any thread may read it. */
  get usedBytes(): number {
    return this.#words.read(ARENA_UNUSED) * 8;
  }

  /**
   * Rebuilds the free lists from the block headers. A new owner calls this first. Blocks
   * that the previous owner allocated stay allocated while they are being read.
   */
  resume(): void {
    this.#takeReturned();
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
    // The previous owner may have used all of it.
    this.#touched = this.buffer.byteLength;
  }

  /** Offset in bytes of the block's payload. */
  static payloadByte(block: number): number {
    return block * 8 + BLOCK_HEADER_BYTES;
  }

  /**
   * Allocates a block. Owner only.
   *
   * @returns The block, or {@linkcode NO_BLOCK} when no block is free.
   */
  tryAllocate(byteLength: number): number {
    if (this.unpublished !== NO_BLOCK) this.#takeBack(this.unpublished);
    const size = sizeClass(byteLength + BLOCK_HEADER_BYTES);
    const free = this.#free[size] ??= [];
    // Not each time: readers write this word, so reading it takes long.
    if (free.length === 0 && this.#words.load(ARENA_RETURNED) !== 0) {
      this.#takeReturned();
    }
    if (free.length === 0 && !this.#tryCarve(size, free)) return NO_BLOCK;
    return this.#take(free.pop()!, size);
  }

  /**
   * Requests an unpark when a block is released. Call {@linkcode Arena.tryAllocate} again
   * afterwards: a block released before this call does not unpark. Owner only.
   */
  want(): void {
    this.#words.store(ARENA_WANTED, 1);
  }

  /**
   * Returns a block to its owner. Any thread, once for each block.
   *
   * @returns Whether the owner waits for a block and must now be unparked.
   */
  release(block: number): boolean {
    const words = this.#words;
    while (true) {
      const top = words.load(ARENA_RETURNED);
      words.write(block * 2, top);
      // Publishes the link; pairs with the exchange in #takeReturned(). That exchange
      // empties the stack, so ABA is harmless: `top` is the top of the stack again, and
      // the link to it is right.
      if (words.compareExchange(ARENA_RETURNED, top, block) === top) break;
    }
    return words.load(ARENA_WANTED) === 1 &&
      words.exchange(ARENA_WANTED, 0) === 1;
  }

  /** Whether {@linkcode Arena.trim} may give something back, now or later. Owner only. */
  get hasExcess(): boolean {
    return this.#touched > this.#keptBytes;
  }

  /**
   * Gives back pages that were not in use since the last call, and are not among the first
   * ones. Owner only, and not between an allocation and its push.
   */
  trim(): void {
    if (this.unpublished !== NO_BLOCK) this.#takeBack(this.unpublished);
    this.#takeReturned();
    if (this.#liveCount === 0) this.#restart();
    const from = Math.max(this.#peak, this.#keptBytes);
    // Blocks that are live, or were since the last call, end before this.
    const end = Math.max(from, this.#unused);
    if (this.#liveCount !== 0) this.#dropFreeBlocks(from);
    this.#drop(end, this.#touched);
    this.#touched = Math.min(this.#touched, end);
    this.#peak = 0;
    this.#peakBlock = NO_BLOCK;
  }

  /** Drops the pages of the payloads of free blocks that begin at `from` or behind it. */
  #dropFreeBlocks(from: number): void {
    this.#free.forEach((blocks, size) => {
      const bytes = classBytes(size);
      if (bytes < this.#keptBytes * SMALLEST_DROPPED) return;
      for (const block of blocks) {
        if (block * 8 < from) continue;
        // The header stays, because resume() reads it.
        this.#drop(Arena.payloadByte(block), block * 8 + bytes);
      }
    });
  }

  #drop(start: number, end: number): void {
    if (start >= end) return;
    this.pages.drop(new Uint8Array(this.buffer, start, end - start));
  }

  /** Discards all free blocks; no block may be allocated. */
  #restart(): void {
    // The lists stay in use.
    for (const blocks of this.#free) {
      if (blocks !== undefined) blocks.length = 0;
    }
    this.#unused = ARENA_BLOCKS_BYTE;
    this.#words.write(ARENA_UNUSED, ARENA_BLOCKS_BYTE >>> 3);
    this.#peakBlock = NO_BLOCK;
  }

  /**
   * Makes unused memory free blocks: one, and more of a small size without growing.
   *
   * @returns False when there is not enough.
   */
  #tryCarve(size: number, free: number[]): boolean {
    if (this.#liveCount === 0) this.#restart();
    const bytes = classBytes(size);
    let end = this.#unused + bytes;
    if (end > this.buffer.maxByteLength) return false;
    if (end > this.buffer.byteLength && !this.#tryGrow(end)) return false;
    const last = Math.min(this.buffer.byteLength, this.#unused + BATCH_BYTES);
    while (end + bytes <= last) end += bytes;
    for (let at = end - bytes; at >= this.#unused; at -= bytes) {
      this.#words.write((at >>> 2) + 1, size);
      free.push(at >>> 3);
    }
    this.#words.write(ARENA_UNUSED, end >>> 3);
    this.#unused = end;
    return true;
  }

  /** False when there is no memory left, while blocks are allocated that will return. */
  #tryGrow(byteLength: number): boolean {
    const before = this.buffer.byteLength;
    const doubled = Math.max(byteLength, before * 2);
    try {
      this.buffer.grow(Math.min(doubled, this.buffer.maxByteLength));
      this.#preferHuge(before);
      return true;
    } catch (error) {
      if (this.#liveCount === 0) throw error;
      return false;
    }
  }

  #preferHuge(from: number): void {
    const { byteLength } = this.buffer;
    if (byteLength < HUGE_FROM_BYTES) return;
    this.pages.preferHuge(new Uint8Array(this.buffer, from, byteLength - from));
  }

  #take(block: number, size: number): number {
    this.#words.write(block * 2 + 1, size | LIVE);
    this.#liveCount++;
    this.unpublished = block;
    if (block > this.#peakBlock) this.#noteUse(block, size);
    return block;
  }

  #noteUse(block: number, size: number): void {
    this.#peakBlock = block;
    this.#peak = Math.max(this.#peak, block * 8 + classBytes(size));
    this.#touched = Math.max(this.#touched, this.#peak);
    if (this.hasExcess) this.onExcess();
  }

  #takeBack(block: number): void {
    const size = this.#words.read(block * 2 + 1) & ~LIVE;
    this.#words.write(block * 2 + 1, size);
    (this.#free[size] ??= []).push(block);
    this.#liveCount--;
    this.unpublished = NO_BLOCK;
  }

  #takeReturned(): void {
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

/** A view of fixed length: one that tracks the buffer's length is much slower. */
function fixedView(buffer: SharedArrayBuffer): Uint8Array<SharedArrayBuffer> {
  return new Uint8Array(buffer, 0, buffer.byteLength);
}

/** Size class of a block of `byteLength` bytes, header included. */
function sizeClass(byteLength: number): number {
  if (byteLength <= 1 << SMALLEST_BITS) return 0;
  // The power of two below the length, then the quarter above it that the length is in.
  const bits = 31 - Math.clz32(byteLength - 1);
  const quarter = ((byteLength - 1) >>> (bits - 2)) & 3;
  return (bits - SMALLEST_BITS) * 4 + quarter + 1;
}

/** Size in bytes of a block of this class, header included. */
function classBytes(size: number): number {
  if (size === 0) return 1 << SMALLEST_BITS;
  const bits = ((size - 1) >> 2) + SMALLEST_BITS;
  const quarter = (size - 1) & 3;
  return (5 + quarter) * 2 ** (bits - 2);
}
