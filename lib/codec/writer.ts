/**
 * A growing byte buffer that is reused for many messages.
 *
 * @module
 */

import type { SharedReference } from "./shared_memory.ts";
import { tryWriteLatin1, writeUtf16 } from "./strings.ts";
import * as tag from "./tags.ts";

const INITIAL_BYTES = 4096;
/** A buffer that has grown beyond this is not kept for the next message. */
const KEPT_BYTES = 1 << 20;
/** Up to this size, a loop over words is faster than a native copy, which needs a view. */
const LOOP_BYTES = 512;

/** Writes values to the end of a byte buffer. */
export class ByteWriter {
  #bytes = new Uint8Array(INITIAL_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #words = new Int32Array(this.#bytes.buffer);
  #capacity = INITIAL_BYTES;
  #length = 0;
  // The memory that was copied to last, usually the bridge's, and its words.
  #target: Uint8Array | undefined;
  #targetWords: Int32Array = this.#words;

  /** Number of bytes written. */
  get length(): number {
    return this.#length;
  }

  /** Drops all bytes from `length` on. */
  truncate(length: number): void {
    this.#length = length;
    if (length === 0 && this.#capacity > KEPT_BYTES) {
      this.#resize(INITIAL_BYTES);
    }
  }

  /** Writes one byte. */
  byte(value: number): void {
    if (this.#length === this.#capacity) this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** Clears the lowest bit of the byte at position `at`. */
  clearBit(at: number): void {
    this.#bytes[at] &= ~1;
  }

  /** Writes an unsigned integer below 2 ** 32: seven bits per byte, lowest bits first. */
  varint(value: number): void {
    if (this.#length + 5 > this.#capacity) this.#reserve(5);
    while (value > 0x7f) {
      this.#bytes[this.#length++] = (value & 0x7f) | 0x80;
      value = value >>> 7;
    }
    this.#bytes[this.#length++] = value;
  }

  /** Writes a number with its tag. */
  number(value: number): void {
    const integer = value | 0;
    if (integer !== value || (value === 0 && 1 / value < 0)) {
      this.byte(tag.FLOAT);
      this.float(value);
    } else if (integer >= 0 && integer < 128) {
      this.byte(tag.SMALL_INTEGER + integer);
    } else {
      this.byte(tag.INTEGER);
      this.varint(((integer << 1) ^ (integer >> 31)) >>> 0);
    }
  }

  /** Writes the two numbers of a reference, each with its tag. */
  reference({ sender, number }: SharedReference): void {
    this.number(sender);
    this.number(number);
  }

  /** Writes a bigint with its tag. */
  bigint(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      this.byte(tag.BIGINT64);
      this.#bigint64(value);
    } else {
      this.byte(tag.BIGINT);
      this.byte(value < 0n ? 1 : 0);
      this.text((value < 0n ? -value : value).toString(16));
    }
  }

  /** Writes eight bytes, little-endian. */
  float(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  #bigint64(value: bigint): void {
    this.#reserve(8);
    this.#view.setBigInt64(this.#length, value, true);
    this.#length += 8;
  }

  /** Writes 2 * length as a varint, plus 1 if code units take two bytes, then the text. */
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

  /** Writes bytes without their length. */
  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Writes four bytes, little-endian. */
  uint32(value: number): void {
    this.#reserve(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  /** Overwrites four bytes at position `at`. */
  setUint32(at: number, value: number): void {
    this.#view.setUint32(at, value, true);
  }

  /** Copies all bytes to `byteOffset`, padded to a multiple of 8. */
  copyInto(target: Uint8Array, byteOffset: number): void {
    const start = target.byteOffset + byteOffset;
    if (
      this.#length > LOOP_BYTES || start % 4 !== 0 ||
      !this.#useWordsOf(target)
    ) {
      target.set(this.#bytes.subarray(0, this.#length), byteOffset);
      return;
    }
    const targetWords = this.#targetWords;
    const words = this.#words;
    const wordCount = tag.align8(this.#length) / 4;
    const first = start / 4;
    for (let i = 0; i < wordCount; i++) targetWords[first + i] = words[i];
  }

  /** Sets the words of a target; false for private memory, which must not be kept alive. */
  #useWordsOf(target: Uint8Array): boolean {
    if (target === this.#target) return true;
    const { buffer } = target;
    if (!(buffer instanceof SharedArrayBuffer)) return false;
    // A buffer that grows has several targets over time, each longer than the one before.
    this.#target = target;
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
      this.#resize(tag.align8(Math.max(needed, 2 * this.#capacity)));
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
