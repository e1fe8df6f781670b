/**
 * Reads JSON. `JSON.parse` decides what is valid; the YAML parser gives positions,
 * which the `JSON.parse` of some runtimes does not.
 *
 * @module
 */

import type { ParsedDocument } from "./document.ts";
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
  const located = parseYaml(text);
  const positions = new Map(
    "entries" in located
      ? located.entries.map((entry) => [entry.key, entry.position])
      : [],
  );
  const entries = Object.entries(value).map(([key, value]) => ({
    key,
    value,
    position: positions.get(key),
  }));
  return { entries };
}

/** Where the YAML parser fails as well; undefined if YAML allows the mistake. */
function brokenAt(text: string) {
  const parsed = parseYaml(text);
  return "problem" in parsed ? parsed.position : undefined;
}
