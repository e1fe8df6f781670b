/**
 * A growing byte buffer that is used again for message after message.
 *
 * @module
 */

import { align8 } from "./tags.ts";
import { tryWriteLatin1, writeUtf16 } from "./strings.ts";

const INITIAL_BYTES = 4096;
/** A buffer that one large message made bigger than this is not kept. */
const KEPT_BYTES = 1 << 20;
/** Up to this size a loop over words beats the views that a native copy needs. */
const LOOP_BYTES = 512;

export class ByteWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #words = new Int32Array(this.#bytes.buffer);
  #capacity = INITIAL_BYTES;
  #length = 0;
  // The words of the memory that was copied to last; nearly always the bridge's.
  #targetBuffer: ArrayBufferLike | undefined;
  #targetWords: Int32Array = this.#words;

  get length(): number {
    return this.#length;
  }

  /** Forgets everything from `length` on. */
  truncate(length: number): void {
    this.#length = length;
    if (length === 0 && this.#capacity > KEPT_BYTES) {
      this.#resize(INITIAL_BYTES);
    }
  }

  byte(value: number): void {
    if (this.#length === this.#capacity) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** An unsigned integer below 2 ** 32: seven bits a byte, the lowest first. */
  varint(value: number): void {
    if (this.#length + 5 > this.#capacity) this.#reserve(5);
    while (value > 0x7f) {
      this.#bytes[this.#length++] = (value & 0x7f) | 0x80;
      value = value >>> 7;
    }
    this.#bytes[this.#length++] = value;
  }

  float(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  bigint64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigInt64(this.#length, value, true);
    this.#length += 8;
  }

  /** Twice the length as a varint, plus 1 if each code unit takes two bytes; then those. */
  text(text: string): void {
    const length = text.length;
    this.#reserve(length + 5);
    const start = this.#length;
    this.varint(2 * length);
    if (tryWriteLatin1(text, this.#bytes, this.#length)) {
      this.#length += length;
      return;
    }
    this.#reserve(2 * length);
    this.#bytes[start] |= 1;
    writeUtf16(text, this.#bytes, this.#length);
    this.#length += 2 * length;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Copies everything, filled up to a multiple of 8 bytes. */
  copyInto(target: Uint8Array, byteOffset: number): void {
    const start = target.byteOffset + byteOffset;
    if (
      this.#length > LOOP_BYTES || start % 4 !== 0 ||
      !this.#knows(target.buffer)
    ) {
      target.set(this.#bytes.subarray(0, this.#length), byteOffset);
      return;
    }
    const targetWords = this.#targetWords;
    const words = this.#words;
    const wordCount = align8(this.#length) / 4;
    const first = start / 4;
    for (let i = 0; i < wordCount; i++) targetWords[first + i] = words[i];
  }

  /** Keeps words of shared memory only: a private target must not be held on to. */
  #knows(buffer: ArrayBufferLike): boolean {
    if (buffer === this.#targetBuffer) return true;
    if (!(buffer instanceof SharedArrayBuffer)) return false;
    this.#targetBuffer = buffer;
    this.#targetWords = new Int32Array(
      buffer,
      0,
      Math.floor(buffer.byteLength / 4),
    );
    return true;
  }

  #reserve(byteLength: number): void {
    const needed = this.#length + byteLength;
    if (needed > this.#capacity) {
      this.#resize(align8(Math.max(needed, 2 * this.#capacity)));
    }
  }

  #resize(capacity: number): void {
    const old = this.#bytes;
    this.#bytes = new Uint8Array(capacity);
    this.#bytes.set(old.subarray(0, this.#length));
    this.#view = new DataView(this.#bytes.buffer);
    this.#words = new Int32Array(this.#bytes.buffer);
    this.#capacity = capacity;
  }
}
