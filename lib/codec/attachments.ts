/**
 * The large parts of a message, which are copied from the value straight into the target
 * instead of through the encoder's buffer.
 *
 * @module
 */

import { Refusal } from "./errors.ts";
import { writeAscii } from "./strings.ts";
import { align8, ATTACHED, INLINE_BYTES, RESIZABLE } from "./tags.ts";
import { slotByteLength, UINT8, type View, viewKind } from "./views.ts";
import type { ByteWriter } from "./writer.ts";

/** Entries that stay allocated after a message. */
const KEPT = 32;

/** An ASCII text, a buffer, or the bytes of a view. */
type Attachment = string | ArrayBuffer | Uint8Array;

/** The attachments of one message, in order. */
export class Attachments {
  // Undefined from `count` on. Emptying the array would free its memory.
  readonly #parts: (Attachment | undefined)[] = [];
  readonly #lengths: number[] = [];
  #count = 0;
  #byteLength = 0;

  /** Number of attachments. */
  get count(): number {
    return this.#count;
  }

  /** Total size in bytes, each attachment padded to a multiple of 8. */
  get byteLength(): number {
    return this.#byteLength;
  }

  add(part: Attachment): void {
    const length = lengthOf(part);
    this.#parts[this.#count] = part;
    this.#lengths[this.#count] = length;
    this.#count++;
    this.#byteLength += align8(length);
  }

  /** False if a getter has resized or detached a buffer since it was added. */
  areUnchanged(): boolean {
    for (let i = 0; i < this.#count; i++) {
      if (lengthOf(this.#parts[i]!) !== this.#lengths[i]) return false;
    }
    return true;
  }

  /** Copies all attachments to `byteOffset`, each padded to a multiple of 8. */
  copyInto(target: Uint8Array, byteOffset: number): void {
    for (let i = 0; i < this.#count; i++) {
      const part = this.#parts[i]!;
      if (typeof part === "string") writeAscii(part, target, byteOffset);
      else target.set(asBytes(part), byteOffset);
      byteOffset += align8(this.#lengths[i]);
    }
  }

  /** Drops all but the first `count` attachments. */
  truncate(count: number): void {
    while (this.#count > count) {
      this.#count--;
      this.#byteLength -= align8(this.#lengths[this.#count]);
      this.#parts[this.#count] = undefined;
    }
    if (this.#parts.length > KEPT && count === 0) {
      this.#parts.length = this.#lengths.length = KEPT;
    }
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

/** Writes the kind and the bytes of a view that shows all of its buffer, see WHOLE_VIEW. */
export function writeWholeView(
  view: View,
  byteLength: number,
  writer: ByteWriter,
  attachments: Attachments,
): void {
  const kind = viewKind(view);
  // To create another view costs as much as to copy a few hundred bytes.
  const bytes = kind === UINT8 && slotByteLength(view) === byteLength
    ? view as Uint8Array
    : view.buffer as ArrayBuffer;
  writer.byte(kind);
  writer.number(byteLength);
  if (byteLength > INLINE_BYTES) attachments.add(bytes);
  else writer.bytes(asBytes(bytes));
}

function lengthOf(part: Attachment): number {
  return typeof part === "string" ? part.length : part.byteLength;
}

function asBytes(part: ArrayBuffer | Uint8Array): Uint8Array {
  return part instanceof ArrayBuffer ? new Uint8Array(part) : part;
}
