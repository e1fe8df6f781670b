/**
 * Stands in for `@std/toml`.
 *
 * @module
 */

import { parse as parseToml, TomlError } from "smol-toml";

/** Parses a document. Says where an error is in its message, as `@std/toml` does. */
export function parse(text: string): Record<string, unknown> {
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const { line, column } = error;
    const reason = error.message.replace("Invalid TOML document: ", "");
    throw new SyntaxError(
      `Parse error on line ${line}, column ${column}: ${reason}`,
    );
  }
}
