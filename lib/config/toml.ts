/**
 * Reads TOML. The only file that imports the TOML parser.
 *
 * It needs no more than what `parse()` of `@std/toml` does, which takes the last value of a
 * key that stands there twice, and loses the key `__proto__`.
 *
 * @module
 */

import { parse as standardParse } from "@std/toml";
import type { DocumentEntry, ParsedDocument } from "./document.ts";
import { KeyFinder, type KeySyntax, NEXT_KEY } from "./key_finder.ts";
import { syntaxProblem } from "./syntax_error.ts";

/** The parser, or one that stands in for it. */
type Parse = (text: string) => Record<string, unknown>;

/** Parses the text of a TOML file. */
export function parseToml(
  text: string,
  parse: Parse = standardParse,
): ParsedDocument {
  let table: Record<string, unknown>;
  try {
    table = parse(text);
  } catch (error) {
    return syntaxProblem("TOML", text, error);
  }
  const finder = new KeyFinder(text, keySyntax(parse));
  const entries: DocumentEntry[] = [];
  const [position] = finder.find("__proto__");
  if (position !== undefined && !Object.hasOwn(table, "__proto__")) {
    entries.push({ key: "__proto__", value: undefined, position });
  }
  for (const [key, value] of Object.entries(table)) {
    const [position, again] = finder.find(key);
    if (again !== undefined) {
      return {
        problem: `not valid TOML: ${key} stands twice`,
        position: again,
      };
    }
    entries.push({ key, value, position });
  }
  return { entries };
}

function keySyntax(parse: Parse): KeySyntax {
  const tryParse = (text: string) => {
    try {
      return parse(text);
    } catch {
      return undefined;
    }
  };
  return {
    pattern: (key) =>
      new RegExp(
        String.raw`^([ \t]*(?:\[[ \t]*)?)["']?${key}["']?[ \t]*[.=\]]`,
        "gm",
      ),
    // Top-level keys come before all tables. A table may stand there twice, as part of a list.
    isKey(match, before, isFirst) {
      const lines = before.slice(0, before.lastIndexOf("\n") + 1);
      if (isFirst) return tryParse(lines) !== undefined;
      return match.endsWith("=") &&
        tryParse(`${lines}\n${NEXT_KEY} = 1`)?.[NEXT_KEY] === 1;
    },
  };
}
