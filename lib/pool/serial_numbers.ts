/**
 * Serial numbers of threads: their index and how often they were replaced.
 *
 * @module
 */

import { LoomError } from "../errors.ts";

/** One less than the maximum of 31 bits, because parallel loops store the number plus one. */
const MAX_SERIAL = 2 ** 31 - 2;

/**
 * The serial number of the replacement of a worker. No two workers of a runtime have the same
 * one.
 *
 * @throws {LoomError} If no number is left.
 */
export function nextSerial(serial: number, threadCount: number): number {
  const next = serial + threadCount;
  if (next <= MAX_SERIAL) return next;
  const count = Math.floor(serial / threadCount) + 1;
  throw new LoomError(
    `Cannot replace worker ${serial % threadCount}: ${count} workers of this ` +
      `index have ended, and no serial number is left; start a new runtime`,
  );
}
