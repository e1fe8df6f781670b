/**
 * Reads TOML. The only file that imports the TOML parser.
 *
 * @module
 */

import { parse } from "smol-toml";
import type { ParsedDocument } from "./document.ts";
import type { Position } from "./layer.ts";

/** Parses the text of a TOML file. */
export function parseToml(text: string): ParsedDocument {
  let table: Record<string, unknown>;
  try {
    table = parse(text);
  } catch (error) {
    return { problem: reason(error), position: positionOf(error) };
  }
  const finder = new KeyFinder(text);
  const entries = Object.entries(table).map(([key, value]) => ({
    key,
    value,
    position: finder.find(key),
  }));
  return { entries };
}

/** The parser's message without its excerpt of the text. */
function reason(error: unknown): string {
  const [firstLine] = String(error instanceof Error ? error.message : error)
    .split("\n");
  return `not valid TOML: ${firstLine.replace("Invalid TOML document: ", "")}`;
}

function positionOf(error: unknown): Position | undefined {
  const { line, column } = error as Partial<Position>;
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
  #left = MAX_READ_CHARACTERS;

  constructor(text: string) {
    this.#text = text;
  }

  /**
   * Finds one key. A line inside a multi-line string may look like it, but only the text
   * before a real key is a complete document.
   */
  find(key: string): Position | undefined {
    if (this.#left <= 0) return undefined;
    const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    const line = new RegExp(
      String.raw`^([ \t]*(?:\[[ \t]*)?)["']?${escaped}["']?[ \t]*[.=\]]`,
      "gm",
    );
    for (const match of this.#text.matchAll(line)) {
      const before = this.#text.slice(0, match.index);
      this.#left -= before.length;
      if (this.#left <= 0) return undefined;
      if (isComplete(before)) {
        return {
          line: before.split("\n").length,
          column: match[1].length + 1,
        };
      }
    }
    this.#left -= this.#text.length;
    return undefined;
  }
}

function isComplete(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
