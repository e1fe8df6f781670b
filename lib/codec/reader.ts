/**
 * Reads what {@linkcode ByteWriter} wrote, straight from shared memory.
 *
 * @module
 */

import { readKey, readLatin1, readUtf16 } from "./strings.ts";

const NOTHING = new Uint8Array(0);

export class ByteReader {
  #bytes: Uint8Array = NOTHING;
  #view = new DataView(NOTHING.buffer) as DataView<ArrayBufferLike>;
  #at = 0;

  open(bytes: Uint8Array, at: number): void {
    this.#at = at;
    // Nearly always the bridge's memory again.
    if (bytes === this.#bytes) return;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Shared memory stays for the next message; a private copy is let go. */
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
    if (header & 1) return this.#wide(length);
    this.#at += length;
    return readLatin1(this.#bytes, at, length);
  }

  /** A text that is likely to come again: a property name. */
  key(): string {
    const header = this.varint();
    const length = header >>> 1;
    const at = this.#at;
    if (header & 1) return this.#wide(length);
    this.#at += length;
    return readKey(this.#bytes, at, length);
  }

  /** Copies the next `byteLength` bytes into `target`. */
  bytesInto(target: Uint8Array): void {
    this.copyAt(this.#at, target);
    this.#at += target.length;
  }

  /** Copies bytes from elsewhere in the source into `target`. */
  copyAt(at: number, target: Uint8Array): void {
    const { buffer, byteOffset } = this.#bytes;
    target.set(new Uint8Array(buffer, byteOffset + at, target.length));
  }

  /** A copy of bytes from elsewhere in the source. */
  copyOf(at: number, byteLength: number): ArrayBuffer {
    const { buffer, byteOffset } = this.#bytes;
    // Unlike a new ArrayBuffer, a copy of an array is not filled with zeros first.
    return new Uint8Array(
      new Uint8Array(buffer, byteOffset + at, byteLength),
    ).buffer;
  }

  /** A text of one byte per character elsewhere in the source. */
  textAt(at: number, length: number): string {
    return readLatin1(this.#bytes, at, length);
  }

  #wide(length: number): string {
    const at = this.#at;
    this.#at += 2 * length;
    return readUtf16(this.#bytes, at, length);
  }
}
