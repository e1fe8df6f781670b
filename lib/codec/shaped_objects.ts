/**
 * Writes plain objects by the number of their shape.
 *
 * @module
 */

import { propertyStep, Refusal } from "./errors.ts";
import type { Shape } from "./known_shapes.ts";
import * as tag from "./tags.ts";
import type { ByteWriter } from "./writer.ts";

/** The properties of an object. */
export type Fields = Record<string, unknown>;

/** What values are written with. */
export interface ValueWriter {
  /** Where the message is written. */
  readonly writer: ByteWriter;
  /** Writes a value; `depth` is the number of containers around it. */
  value(value: unknown, depth: number): void;
}

/**
 * Writes an object and its values.
 *
 * @param shape The shape of the object before any of its getters has run.
 */
export function writeShaped(
  object: Fields,
  shape: Shape,
  target: ValueWriter,
  depth: number,
): void {
  const { writer } = target;
  const { names } = shape;
  const place = writer.length;
  writer.byte(tag.SHAPED);
  writer.varint(shape.number);
  let i = 0;
  try {
    // Engines read properties faster in such a loop than by a list of names.
    for (const name in object) {
      // The loop leaves out what a getter has deleted or hidden.
      while (name !== names[i] && i < names.length) {
        writeProperty(object, names[i], place, target, depth);
        i++;
      }
      if (i === names.length) break;
      const value = object[name];
      if (value === undefined) writeUndefined(object, name, place, writer);
      else target.value(value, depth);
      i++;
    }
    for (; i < names.length; i++) {
      writeProperty(object, names[i], place, target, depth);
    }
  } catch (error) {
    throw Refusal.addStep(error, propertyStep(names[i]));
  }
}

function writeProperty(
  object: Fields,
  name: string,
  place: number,
  target: ValueWriter,
  depth: number,
): void {
  const value = object[name];
  if (value === undefined) writeUndefined(object, name, place, target.writer);
  else target.value(value, depth);
}

/** Writes undefined, or that a getter has removed the property. */
function writeUndefined(
  object: Fields,
  name: string,
  place: number,
  writer: ByteWriter,
): void {
  const isOwn = Object.hasOwn(object, name);
  // SHAPED => SHAPED_OPEN.
  if (!isOwn) writer.clearBit(place);
  writer.byte(isOwn ? tag.UNDEFINED : tag.ABSENT);
}
