/**
 * Writes objects that have no contents.
 *
 * @module
 */

import { type Attachments, writeBuffer } from "./attachments.ts";
import { writeByReference } from "./by_reference.ts";
import { refuse } from "./errors.ts";
import { urlText } from "./kinds.ts";
import { indexOfMoved, isMarked } from "./moved.ts";
import { buffersOf } from "./shared_handle.ts";
import type { SharedMemoryWriter } from "./shared_memory.ts";
import * as tag from "./tags.ts";
import type { ByteWriter } from "./writer.ts";

const { flags, source } = Object.getOwnPropertyDescriptors(RegExp.prototype);
const [flagsOf, sourceOf] = [flags.get!, source.get!];

/** Writes an object of one of these kinds, which are not views or wrappers. */
export function writeLeaf(
  kind: number,
  value: object,
  writer: ByteWriter,
  attachments: Attachments,
  memory: SharedMemoryWriter,
): void {
  if ((kind === tag.REFUSED || kind === tag.BUFFER) && isMarked(value)) {
    const index = indexOfMoved(value, memory);
    writer.byte(tag.MOVED);
    writer.varint(index);
    return;
  }
  if (kind === tag.REFUSED) throw refuse(value);
  writer.byte(kind);
  switch (kind) {
    case tag.DATE:
      writer.float(Date.prototype.getTime.call(value));
      break;
    case tag.REGEXP:
      writer.text(sourceOf.call(value));
      writer.text(flagsOf.call(value));
      break;
    case tag.BUFFER:
      writeBuffer(value as ArrayBuffer, writer, attachments);
      break;
    case tag.SHARED_BUFFER:
      writer.reference(memory.share(value as SharedArrayBuffer));
      break;
    case tag.SHARED_VALUE: {
      const references = buffersOf(value, memory);
      writer.varint(references.length);
      for (const reference of references) writer.reference(reference);
      break;
    }
    case tag.BY_REFERENCE:
      writeByReference(value, writer, memory);
      break;
    case tag.URL:
    case tag.URL_SEARCH_PARAMS:
      writer.text(urlText(value, kind));
      break;
  }
}
