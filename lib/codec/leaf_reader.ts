/**
 * Reads objects that have no contents.
 *
 * @module
 */

import { readByReference, readMemory } from "./by_reference.ts";
import { corrupt } from "./corrupt.ts";
import type { ByteReader } from "./reader.ts";
import { handleOf, type ReadMessage } from "./shared_handle.ts";
import type { SharedMemoryReader } from "./shared_memory.ts";
import * as tag from "./tags.ts";

/**
 * Reads an object that is neither a view nor a wrapper.
 *
 * @param read Reads the message of a shared value.
 */
export function readLeaf(
  kind: number,
  reader: ByteReader,
  memory: SharedMemoryReader,
  read: ReadMessage,
): object {
  switch (kind) {
    case tag.DATE:
      return new Date(reader.float());
    case tag.REGEXP:
      return new RegExp(reader.text(), reader.text());
    case tag.BUFFER:
      return reader.buffer();
    case tag.SHARED_BUFFER:
      return readMemory(reader, memory);
    case tag.BY_REFERENCE:
      return readByReference(reader, memory);
    case tag.MOVED: {
      const index = reader.varint();
      const object = memory.take?.(index);
      if (object !== undefined) return object;
      throw corrupt("it refers to an object that was not moved with it");
    }
    case tag.SHARED_VALUE: {
      const [buffer, ...inside] = sharedBuffers(reader, memory);
      return handleOf(buffer, inside, read);
    }
    case tag.URL:
      return new URL(reader.text());
    case tag.URL_SEARCH_PARAMS:
      return new URLSearchParams(reader.text());
    default:
      throw corrupt(`${kind} is not a tag`);
  }
}

function sharedBuffers(
  reader: ByteReader,
  memory: SharedMemoryReader,
): SharedArrayBuffer[] {
  const count = reader.count(2);
  if (count === 0) throw corrupt("a shared value in it has no buffer");
  return Array.from(
    { length: count },
    () => memory.resolve(reader.size(), reader.size()),
  );
}
