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
  const entries = Object.entries(table).map(([key, value]) => ({
    key,
    value,
    position: findKey(text, key),
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

/**
 * Finds the position of a top-level key, which the parser does not report. A line inside a
 * multi-line string may look like the key, but only the text before a real key is a
 * complete document.
 */
function findKey(text: string, key: string): Position | undefined {
  const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const line = new RegExp(
    String.raw`^([ \t]*(?:\[[ \t]*)?)["']?${escaped}["']?[ \t]*[.=\]]`,
    "gm",
  );
  for (const match of text.matchAll(line)) {
    const before = text.slice(0, match.index);
    if (isComplete(before)) {
      return {
        line: before.split("\n").length,
        column: match[1].length + 1,
      };
    }
  }
  return undefined;
}

function isComplete(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}
