/**
 * Stands in for `@std/yaml`, which began as a copy of this parser.
 *
 * @module
 */

import { CORE_SCHEMA, load, YAMLException } from "js-yaml";

/**
 * Parses a document. Says where an error is in its message, as `@std/yaml` does.
 *
 * @param text The document.
 * @param options The schema. The library uses no other.
 */
export function parse(
  text: string,
  { schema }: { readonly schema: "core" },
): unknown {
  try {
    return load(text, { schema: { core: CORE_SCHEMA }[schema] }) ?? null;
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { reason, mark } = error as unknown as {
      readonly reason: string;
      readonly mark?: { readonly line: number; readonly column: number };
    };
    throw new SyntaxError(
      mark === undefined
        ? reason
        : `${reason} at line ${mark.line + 1}, column ${mark.column + 1}`,
    );
  }
}
