/**
 * Reads the data of a {@linkcode ByteWriter}, also directly from shared memory.
 *
 * @module
 */

import { corrupt } from "./corrupt.ts";
import { readKey, readLatin1, readUtf16 } from "./strings.ts";
import * as tag from "./tags.ts";
import { copyAsView, type View } from "./views.ts";

const NOTHING = new Uint8Array(0);
/** Bits of the longest varint. */
const VARINT_BITS = 35;

/**
 * Reads values from a position in a byte array.
 *
 * Single bytes and numbers are read without a check, because a check of each would cost more
 * than the reading. Whatever allocates or repeats is checked first: a text, a copy and a
 * count may not exceed the bytes that remain. The decoder calls {@linkcode
 * ByteReader.checkEnd} after each container, so it reads at most the length of one message
 * too far.
 */
export class ByteReader {
  #bytes: Uint8Array = NOTHING;
  #view = new DataView(NOTHING.buffer) as DataView<ArrayBufferLike>;
  #isShared = false;
  #at = 0;
  #end = 0;
  #nextAttachment = 0;
  #endOfAttachments = 0;

  /** Starts to read the message at `byteOffset`. */
  openMessage(bytes: Uint8Array, byteOffset: number, byteLength: number): void {
    const end = byteOffset + byteLength;
    this.#open(bytes, byteOffset, end);
    this.require(4);
    const structureBytes = this.uint32();
    this.#endOfAttachments = end;
    this.#nextAttachment = byteOffset + tag.align8(structureBytes);
    this.#end = byteOffset + structureBytes;
    if (this.#end > end) throw corrupt("it is longer than its memory");
  }

  #open(bytes: Uint8Array, at: number, end: number): void {
    this.#at = at;
    this.#end = end;
    // Usually the same memory of the bridge.
    if (bytes === this.#bytes) return;
    this.#bytes = bytes;
    this.#isShared = bytes.buffer instanceof SharedArrayBuffer;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Keeps shared memory for the next message, and drops a private copy. */
  close(): void {
    if (!this.#isShared) this.#open(NOTHING, 0, 0);
  }

  /** Throws if more was read than there is. */
  checkEnd(): void {
    if (this.#at > this.#end) throw corrupt("it ends in the middle of a value");
  }

  /** Reads the number of parts that follow, each of at least `partBytes` bytes. */
  count(partBytes: number): number {
    const count = this.varint();
    this.require(count * partBytes);
    return count;
  }

  /** Throws unless `byteLength` bytes remain. */
  require(byteLength: number): void {
    // Negated, so that it is also true of NaN.
    if (!(this.#at + byteLength <= this.#end)) {
      throw corrupt("a length in it exceeds the bytes that remain");
    }
  }

  byte(): number {
    return this.#bytes[this.#at++];
  }

  uint32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  varint(): number {
    let byte = this.#bytes[this.#at++];
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < VARINT_BITS; shift += 7) {
      byte = this.#bytes[this.#at++];
      value |= (byte & 0x7f) << shift;
    }
    return value >>> 0;
  }

  /** Reads a length or an offset, with its tag. */
  size(): number {
    const size = this.optionalSize();
    if (size === undefined) throw corrupt("a length in it is missing");
    return size;
  }

  /** Reads a length with its tag, or undefined. */
  optionalSize(): number | undefined {
    const kind = this.byte();
    if (kind >= tag.SMALL_INTEGER) return kind - tag.SMALL_INTEGER;
    if (kind === tag.INTEGER) return this.varint() >>> 1;
    if (kind === tag.UNDEFINED) return undefined;
    const size = kind === tag.FLOAT ? this.float() : NaN;
    if (Number.isSafeInteger(size) && size >= 0) return size;
    throw corrupt("a length in it is not an integer");
  }

  float(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  bigint64(): bigint {
    this.#at += 8;
    return this.#view.getBigInt64(this.#at - 8, true);
  }

  text(): string {
    const header = this.varint();
    const length = header >>> 1;
    const at = this.#at;
    if (header & 1) return this.#utf16(length);
    this.require(length);
    this.#at += length;
    return readLatin1(this.#bytes, at, length);
  }

  /** A property name, which is likely to be repeated. */
  key(): string {
    const header = this.varint();
    const length = header >>> 1;
    const at = this.#at;
    if (header & 1) return this.#utf16(length);
    this.require(length);
    this.#at += length;
    return readKey(this.#bytes, at, length);
  }

  /** The text of LONG_TEXT: an attachment of one byte per character. */
  longText(): string {
    const length = this.size();
    return readLatin1(this.#bytes, this.#attachment(length), length);
  }

  /** The ArrayBuffer of BUFFER. */
  buffer(): ArrayBuffer {
    const flags = this.byte();
    const byteLength = this.size();
    const isAttached = (flags & tag.ATTACHED) !== 0;
    const maxByteLength = flags & tag.RESIZABLE ? this.size() : undefined;
    if (!isAttached) this.require(byteLength);
    const at = isAttached ? this.#attachment(byteLength) : this.#at;
    if (!isAttached) this.#at += byteLength;
    const { buffer, byteOffset } = this.#bytes;
    const source = new Uint8Array(buffer, byteOffset + at, byteLength);
    if (maxByteLength !== undefined) {
      const copy = new ArrayBuffer(byteLength, { maxByteLength });
      new Uint8Array(copy).set(source);
      return copy;
    }
    // A copy of an array, because a new ArrayBuffer would be zeroed first.
    return new Uint8Array(source).buffer;
  }

  /** The view of WHOLE_VIEW. */
  wholeView(): View {
    const kind = this.byte();
    const byteLength = this.size();
    let at = this.#at;
    if (byteLength > tag.INLINE_BYTES) {
      at = this.#attachment(byteLength);
    } else {
      this.require(byteLength);
      this.#at += byteLength;
    }
    return copyAsView(kind, this.#bytes, at, byteLength);
  }

  /** Position of the next attachment. */
  #attachment(byteLength: number): number {
    const at = this.#nextAttachment;
    if (at + byteLength > this.#endOfAttachments) {
      throw corrupt("an attachment exceeds the bytes that remain");
    }
    this.#nextAttachment += tag.align8(byteLength);
    return at;
  }

  #utf16(length: number): string {
    const at = this.#at;
    this.require(2 * length);
    this.#at += 2 * length;
    return readUtf16(this.#bytes, at, length);
  }
}
