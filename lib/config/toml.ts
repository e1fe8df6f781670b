/**
 * Reads TOML. The only file that imports the TOML parser.
 *
 * It needs no more than what `parse()` of `@std/toml` does, which says where an error is in
 * its message only, and takes the last value of a key that stands there twice.
 *
 * @module
 */

import { parse as standardParse } from "@std/toml";
import type { ParsedDocument } from "./document.ts";
import type { Position } from "./layer.ts";

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
    return { problem: reason(error), position: positionOf(error) };
  }
  const finder = new KeyFinder(text, parse);
  const entries = [];
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

/** The parser's message without its excerpt of the text and without the position. */
function reason(error: unknown): string {
  const [firstLine] = String(error instanceof Error ? error.message : error)
    .split("\n");
  return `not valid TOML: ${
    firstLine.replace("Invalid TOML document: ", "").replace(IN_MESSAGE, "")
  }`;
}

/** How `@std/toml` says where an error is. */
const IN_MESSAGE = /^Parse error on line (\d+), column (\d+): /;

function positionOf(error: unknown): Position | undefined {
  const { line, column, message } = error as Partial<Position & Error>;
  // First, because every error on Bun has the line of the code that threw it.
  const found = IN_MESSAGE.exec(message ?? "");
  if (found !== null) {
    return { line: Number(found[1]), column: Number(found[2]) };
  }
  return typeof line === "number" && typeof column === "number"
    ? { line, column }
    : undefined;
}

/** Characters that a search for positions may read; many times those of a usual file. */
const MAX_READ_CHARACTERS = 2 ** 21;

/**
 * Finds the positions of top-level keys, which the parser does not report. It gives up once
 * it has read much: in a file with thousands of keys only the first ones have a position.
 */
class KeyFinder {
  readonly #text: string;
  readonly #parse: Parse;
  #left = MAX_READ_CHARACTERS;

  constructor(text: string, parse: Parse) {
    this.#text = text;
    this.#parse = parse;
  }

  /**
   * Finds one key, and where it stands a second time. A line inside a multi-line string may
   * look like it, but only the text before a real key is a complete document.
   */
  find(key: string): Position[] {
    const found: Position[] = [];
    if (this.#left <= 0) return found;
    const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const line = new RegExp(
      String.raw`^([ \t]*(?:\[[ \t]*)?)["']?${escaped}["']?[ \t]*[.=\]]`,
      "gm",
    );
    for (const match of this.#text.matchAll(line)) {
      const before = this.#text.slice(0, match.index);
      this.#left -= before.length;
      if (this.#left <= 0) return found;
      const isKey = found.length === 0
        ? this.#tryParse(before) !== undefined
        : match[0].endsWith("=") && this.#takesKey(before);
      if (!isKey) continue;
      found.push({
        line: before.split("\n").length,
        column: match[1].length + 1,
      });
      if (found.length === 2) return found;
    }
    this.#left -= this.#text.length;
    return found;
  }

  /** Whether the text is a document that another top-level key may follow. */
  #takesKey(text: string): boolean {
    const name = "loom-next-key";
    return this.#tryParse(`${text}\n${name} = 1`)?.[name] === 1;
  }

  #tryParse(text: string): Record<string, unknown> | undefined {
    try {
      return this.#parse(text);
    } catch {
      return undefined;
    }
  }
}
