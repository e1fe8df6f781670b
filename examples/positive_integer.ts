/**
 * Parses numbers on the command lines of the examples.
 *
 * @module
 */

/** Parses the value of the option `name`. Throws if it is not a positive integer. */
export function positiveInteger(name: string, text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new Error(
    `Cannot read --${name}: it must be a positive integer, got ${text}`,
  );
}
