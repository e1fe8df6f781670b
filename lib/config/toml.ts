/**
 * Reads TOML. The only file that names the TOML parser: another one with the
 * same `parse` (JSR's `@std/toml`) takes its place by changing the import.
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

/** The parser's own words without its picture of the place. */
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
 * Finds where a top-level key stands, which the parser does not tell. A line
 * that looks like the key but lies inside a multi-line string is told apart by
 * what precedes it: only before a real key is that a complete document.
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
