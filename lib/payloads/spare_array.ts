/**
 * An array that is created before the bytes for it arrive.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { NO_PAGES, type Pages } from "../bridge/pages.ts";
import { copyAsView, UINT8 } from "../codec/views.ts";

/** Smaller arrays are created when their bytes arrive. */
const SMALLEST_BYTES = 1 << 14;
/** Larger ones too: they do not stay in the caches of a CPU until the bytes arrive. */
const LARGEST_BYTES = 1 << 22;
/**
 * Whether arrays beyond that use huge pages. In Deno, freed memory that has pages is used
 * again instead: see {@linkcode Pages.keepFreed}.
 */
const usesHugePages = "Bun" in globalThis;
/** Distance of two writes that touch every page. */
const PAGE_BYTES = 1 << 12;

/**
 * Copies large payloads of bytes into private arrays. New memory has to be cleared, and mapped
 * page by page at the first access, which can take longer than the copy. If two payloads had
 * the same length, the array for the next one is created while the thread has nothing else to
 * do but wait for it.
 */
export class SpareArray {
  /** Length of the last payload. */
  #length = 0;
  /** Whether the payload before that had the same length. */
  #isRepeated = false;
  #array: Uint8Array<ArrayBuffer> | null = null;
  /** Advice about the pages of large arrays. */
  pages: Pages = NO_PAGES;

  /** Whether there is an array that no payload is in. */
  get isPrepared(): boolean {
    return this.#array !== null;
  }

  /** Copies a part of `bytes` into a new array. */
  copy(bytes: Uint8Array, at: number, byteLength: number): Uint8Array {
    if (byteLength < SMALLEST_BYTES) {
      return copyAsView(UINT8, bytes, at, byteLength) as Uint8Array;
    }
    const array = this.#array;
    this.#array = null;
    this.#isRepeated = byteLength === this.#length &&
      byteLength <= LARGEST_BYTES;
    this.#length = byteLength;
    if (byteLength > LARGEST_BYTES && usesHugePages) {
      return this.#copyToHugePages(bytes.subarray(at, at + byteLength));
    }
    if (array === null || !this.#isRepeated) {
      return copyAsView(UINT8, bytes, at, byteLength) as Uint8Array;
    }
    array.set(bytes.subarray(at, at + byteLength));
    return array;
  }

  #copyToHugePages(bytes: Uint8Array): Uint8Array {
    // Not cleared, as the bytes of a new array would be.
    const { buffer } = Buffer.allocUnsafeSlow(bytes.length);
    const array = new Uint8Array(buffer);
    this.pages.preferHuge(array);
    array.set(bytes);
    return array;
  }

  /** Creates the next array if its length can be foreseen. Call it before waiting. */
  prepare(): void {
    if (!this.#isRepeated || this.#array !== null) return;
    try {
      const array = new Uint8Array(this.#length);
      for (let at = 0; at < array.length; at += PAGE_BYTES) array[at] = 0;
      this.#array = array;
    } catch {
      // No memory is left. The next payload may need none.
      this.drop();
    }
  }

  /** Drops the array that was created in advance. */
  drop(): void {
    this.#array = null;
    this.#isRepeated = false;
  }
}
