/**
 * Reads JSON. `JSON.parse` decides what is valid; it does not report positions on every
 * runtime.
 *
 * @module
 */

import type { ParsedDocument } from "./document.ts";
import { KeyFinder, type KeySyntax, NEXT_KEY } from "./key_finder.ts";
import { showValue } from "./value_type.ts";
import { parseYaml } from "./yaml.ts";

/** Parses the text of a JSON file. */
export function parseJson(text: string): ParsedDocument {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {
      problem:
        "not valid JSON: it needs double quotes and allows no comments or trailing commas",
      position: brokenAt(text),
    };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { problem: `must be a table of keys, got ${showValue(value)}` };
  }
  const finder = new KeyFinder(text, KEY_SYNTAX);
  const entries = Object.entries(value).map(([key, value]) => ({
    key,
    value,
    position: finder.find(key).at(-1),
  }));
  return { entries };
}

const KEY_SYNTAX: KeySyntax = {
  pattern: (key) => new RegExp(String.raw`()"${key}"\s*:`, "gm"),
  isKey(_match, before) {
    try {
      return JSON.parse(`${before}"${NEXT_KEY}": 1}`)[NEXT_KEY] === 1;
    } catch {
      return false;
    }
  },
};

/** Where the YAML parser fails as well; undefined if YAML allows the mistake. */
function brokenAt(text: string) {
  const parsed = parseYaml(text);
  return "problem" in parsed ? parsed.position : undefined;
}
