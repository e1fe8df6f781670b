/**
 * Writes errors, which keep more than structuredClone keeps of them.
 *
 * @module
 */

import { isEnumerable, otherErrorKeys, readErrorHead } from "./clone_error.ts";
import { Refusal } from "./errors.ts";
import type { ValueWriter } from "./shaped_objects.ts";
import * as tag from "./tags.ts";

/** What the parts of an error are written with. */
export interface ErrorWriter extends ValueWriter {
  /** Writes what `write` writes, or nothing if it refuses a value. */
  tryWrite(write: () => void): void;
}

/** Writes class, name, message and stack. */
export function writeErrorHead(error: Error, target: ErrorWriter): void {
  const head = readErrorHead(error);
  const { writer } = target;
  if (head.registered === undefined) {
    writer.byte(head.classIndex);
  } else {
    writer.byte(head.classIndex | tag.REGISTERED);
    writer.text(head.registered);
  }
  target.value(head.name, 0);
  target.value(head.message, 0);
  target.value(head.stack, 0);
}

/** Writes own `cause` and `errors`, then the other own properties, then 0. */
export function writeErrorContents(
  error: Error,
  target: ErrorWriter,
  depth: number,
): void {
  const { writer } = target;
  const fields = error as unknown as Record<string, unknown>;
  for (const field of ["cause", "errors"]) {
    // `errors` is special in AggregateError only.
    const own = Object.hasOwn(error, field) &&
      (field === "cause" || error instanceof AggregateError);
    writer.byte(own ? 1 : 0);
    if (!own) continue;
    try {
      target.value(fields[field], depth);
    } catch (failure) {
      throw Refusal.addStep(failure, `.${field}`);
    }
  }
  for (const key of otherErrorKeys(error)) {
    // A property that cannot be sent must not hide the error.
    target.tryWrite(() => {
      writer.byte(isEnumerable(error, key) ? tag.ENUMERABLE : tag.HIDDEN);
      writer.text(key);
      target.value(fields[key], depth);
    });
  }
  writer.byte(0);
}
