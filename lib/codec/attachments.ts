/**
 * The large parts of a message, which are copied from the value straight into the target
 * instead of through the encoder's buffer.
 *
 * @module
 */

import { Refusal } from "./errors.ts";
import { writeAscii } from "./strings.ts";
import { align8, ATTACHED, INLINE_BYTES, RESIZABLE } from "./tags.ts";
import type { ByteWriter } from "./writer.ts";

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

/** Writes a buffer, and adds its bytes to the attachments if there are many. */
export function writeBuffer(
  buffer: ArrayBuffer,
  writer: ByteWriter,
  attachments: Attachments,
): void {
  if (buffer.detached) {
    throw new Refusal(
      "a detached ArrayBuffer, whose memory was moved away; pass a copy instead",
    );
  }
  const { byteLength, resizable } = buffer;
  const attached = byteLength > INLINE_BYTES;
  writer.byte((attached ? ATTACHED : 0) | (resizable ? RESIZABLE : 0));
  writer.number(byteLength);
  if (resizable) writer.number(buffer.maxByteLength);
  if (attached) attachments.add(buffer);
  else writer.bytes(new Uint8Array(buffer));
}

function lengthOf(part: string | ArrayBuffer): number {
  return typeof part === "string" ? part.length : part.byteLength;
}
