/**
 * The large parts of a message, which go straight from the value into the
 * target instead of through the encoder's own buffer.
 *
 * @module
 */

import { align8 } from "./tags.ts";
import { writeAscii } from "./strings.ts";

export class Attachments {
  /** ASCII texts, or buffers. */
  readonly #parts: (string | ArrayBuffer)[] = [];
  readonly #lengths: number[] = [];

  get count(): number {
    return this.#parts.length;
  }

  /** Bytes from the first part to the last, each filled up to a multiple of 8. */
  get byteLength(): number {
    let byteLength = 0;
    for (const length of this.#lengths) byteLength += align8(length);
    return byteLength;
  }

  add(part: string | ArrayBuffer): void {
    this.#parts.push(part);
    this.#lengths.push(lengthOf(part));
  }

  /** False if a getter that ran later resized or detached a buffer. */
  areUnchanged(): boolean {
    for (let i = 0; i < this.#parts.length; i++) {
      if (lengthOf(this.#parts[i]) !== this.#lengths[i]) return false;
    }
    return true;
  }

  copyInto(target: Uint8Array, byteOffset: number): void {
    for (const part of this.#parts) {
      if (typeof part === "string") writeAscii(part, target, byteOffset);
      else target.set(new Uint8Array(part), byteOffset);
      byteOffset += align8(lengthOf(part));
    }
  }

  /** Forgets all but the first `count` parts. */
  truncate(count: number): void {
    if (this.#parts.length === count) return;
    this.#parts.length = this.#lengths.length = count;
  }
}

function lengthOf(part: string | ArrayBuffer): number {
  return typeof part === "string" ? part.length : part.byteLength;
}
