/**
 * Reads the data of a {@linkcode ByteWriter}, also directly from shared memory.
 *
 * @module
 */

import { readKey, readLatin1, readUtf16 } from "./strings.ts";

const NOTHING = new Uint8Array(0);

/** Reads values from a position in a byte array. */
export class ByteReader {
  #bytes: Uint8Array = NOTHING;
  #view = new DataView(NOTHING.buffer) as DataView<ArrayBufferLike>;
  #at = 0;

  /** Starts to read at position `at`. */
  open(bytes: Uint8Array, at: number): void {
    this.#at = at;
    // Usually the same memory of the bridge.
    if (bytes === this.#bytes) return;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Keeps shared memory for the next message, and drops a private copy. */
  close(): void {
    if (!(this.#bytes.buffer instanceof SharedArrayBuffer)) {
      this.open(NOTHING, 0);
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
    for (let shift = 7; byte >= 0x80; shift += 7) {
      byte = this.#bytes[this.#at++];
      value |= (byte & 0x7f) << shift;
    }
    return value >>> 0;
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
    this.#at += length;
    return readLatin1(this.#bytes, at, length);
  }

  /** A property name, which is likely to be repeated. */
  key(): string {
    const header = this.varint();
    const length = header >>> 1;
    const at = this.#at;
    if (header & 1) return this.#utf16(length);
    this.#at += length;
    return readKey(this.#bytes, at, length);
  }

  /** Copies the next `byteLength` bytes into `target`. */
  bytesInto(target: Uint8Array): void {
    this.copyAt(this.#at, target);
    this.#at += target.length;
  }

  /** Copies bytes at position `at` into `target`. */
  copyAt(at: number, target: Uint8Array): void {
    const { buffer, byteOffset } = this.#bytes;
    target.set(new Uint8Array(buffer, byteOffset + at, target.length));
  }

  /** A copy of bytes at position `at`. */
  copyOf(at: number, byteLength: number): ArrayBuffer {
    const { buffer, byteOffset } = this.#bytes;
    // A copy of an array, because a new ArrayBuffer would be zeroed first.
    return new Uint8Array(
      new Uint8Array(buffer, byteOffset + at, byteLength),
    ).buffer;
  }

  /** A text at position `at`, of one byte per character. */
  textAt(at: number, length: number): string {
    return readLatin1(this.#bytes, at, length);
  }

  #utf16(length: number): string {
    const at = this.#at;
    this.#at += 2 * length;
    return readUtf16(this.#bytes, at, length);
  }
}
