/**
 * The large parts of a message, which are copied from the value straight into the target
 * instead of through the encoder's buffer.
 *
 * @module
 */

import { align8 } from "./tags.ts";
import { writeAscii } from "./strings.ts";

/** The attachments of one message, in order. */
export class Attachments {
  /** ASCII texts, or buffers. */
  readonly #parts: (string | ArrayBuffer)[] = [];
  readonly #lengths: number[] = [];

  /** Number of attachments. */
  get count(): number {
    return this.#parts.length;
  }

  /** Total size in bytes, each attachment padded to a multiple of 8. */
  get byteLength(): number {
    let byteLength = 0;
    for (const length of this.#lengths) byteLength += align8(length);
    return byteLength;
  }

  /** Appends an ASCII text or a buffer. */
  add(part: string | ArrayBuffer): void {
    this.#parts.push(part);
    this.#lengths.push(lengthOf(part));
  }

  /** False if a getter has resized or detached a buffer since it was added. */
  areUnchanged(): boolean {
    for (let i = 0; i < this.#parts.length; i++) {
      if (lengthOf(this.#parts[i]) !== this.#lengths[i]) return false;
    }
    return true;
  }

  /** Copies all attachments to `byteOffset`, each padded to a multiple of 8. */
  copyInto(target: Uint8Array, byteOffset: number): void {
    for (const part of this.#parts) {
      if (typeof part === "string") writeAscii(part, target, byteOffset);
      else target.set(new Uint8Array(part), byteOffset);
      byteOffset += align8(lengthOf(part));
    }
  }

  /** Drops all but the first `count` attachments. */
  truncate(count: number): void {
    if (this.#parts.length === count) return;
    this.#parts.length = this.#lengths.length = count;
  }
}

function lengthOf(part: string | ArrayBuffer): number {
  return typeof part === "string" ? part.length : part.byteLength;
}
