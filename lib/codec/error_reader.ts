/**
 * Reads errors.
 *
 * @module
 */

import { createError, defineProperty } from "./clone_error.ts";
import { corrupt } from "./corrupt.ts";
import type { ValueReader } from "./known_shapes.ts";
import type { ByteReader } from "./reader.ts";
import * as tag from "./tags.ts";

/** What the contents of an error are read with. */
export interface ErrorReader extends ValueReader {
  /** Where the message is read from. */
  readonly reader: ByteReader;
}

/** Reads class, name, message and stack. */
export function readError(reader: ByteReader): Error {
  const index = reader.byte();
  return createError({
    classIndex: index & ~tag.REGISTERED,
    registered: index & tag.REGISTERED ? reader.text() : undefined,
    name: optionalText(reader),
    message: optionalText(reader),
    stack: optionalText(reader),
  });
}

/** Reads `cause` and `errors`, then the other properties. */
export function readErrorContents(
  error: Error,
  source: ErrorReader,
  depth: number,
): void {
  const { reader } = source;
  for (const field of ["cause", "errors"]) {
    if (reader.byte() !== 1) continue;
    defineProperty(error, field, source.value(depth), false);
  }
  let kind: number;
  while ((kind = reader.byte()) !== 0) {
    if (kind > tag.HIDDEN) throw corrupt(`${kind} precedes no property`);
    const key = reader.key();
    const value = source.value(depth);
    defineProperty(error, key, value, kind === tag.ENUMERABLE);
  }
}

function optionalText(reader: ByteReader): string | undefined {
  switch (reader.byte()) {
    case tag.STRING:
      return reader.text();
    case tag.LONG_TEXT:
      return reader.longText();
    case tag.UNDEFINED:
      return undefined;
    default:
      throw corrupt("a text of an error is missing");
  }
}
