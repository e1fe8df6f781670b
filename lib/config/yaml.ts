/**
 * Reads YAML. The only file that imports the YAML parser.
 *
 * It needs no more than what `parse()` of `@std/yaml` does. Checks of its own come first or
 * last, where that parser is lenient, slow, or differs from YAML 1.2.
 *
 * @module
 */

import { parse as standardParse } from "@std/yaml";
import type { ParsedDocument } from "./document.ts";
import { KeyFinder, type KeySyntax, NEXT_KEY } from "./key_finder.ts";
import type { Position } from "./layer.ts";
import { syntaxProblem } from "./syntax_error.ts";
import { showValue } from "./value_type.ts";

type Problem = Extract<ParsedDocument, { problem: string }>;

/** Many times the number of settings. */
const MAX_KEYS = 1_000;

/** More than any settings need: keys that are lists of aliases become long texts. */
const MAX_ALIASES = 100;

/** Parses the text of a YAML file that holds one document. */
export function parseYaml(text: string): ParsedDocument {
  const refused = checkText(text);
  if (refused !== undefined) return refused;
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    return syntaxProblem("YAML", text, error);
  }
  if (value === null) return { entries: [] };
  if (typeof value !== "object" || Array.isArray(value)) {
    return { problem: `must be a table of keys, got ${showValue(value)}` };
  }
  const found = Object.entries(value);
  if (found.length > MAX_KEYS) {
    return {
      problem: `has ${found.length} keys, at most ${MAX_KEYS} are allowed`,
    };
  }
  const finder = new KeyFinder(text, KEY_SYNTAX);
  const lines = text.split("\n");
  const entries = [];
  for (const [key, value] of found) {
    const [position] = finder.find(key);
    const number = position && ambiguousNumber(lines, position);
    if (number !== undefined) {
      return {
        problem:
          `${key} must be a number without leading zeros and underscores, or in quotes: versions of YAML differ in what ${
            showValue(number)
          } is`,
        position,
      };
    }
    entries.push({ key, value, position });
  }
  return { entries };
}

/** In the core schema, dates and `<<` are text. */
function parse(text: string): unknown {
  return standardParse(text, { schema: "core" });
}

/** Refuses what the parser would take, or take long for. */
function checkText(text: string): Problem | undefined {
  const aliasCount = text.match(/(?<=^|[\s[{,:])\*[^\s,[\]{}*]/gm)?.length ?? 0;
  if (aliasCount > MAX_ALIASES) {
    return {
      problem: `has ${aliasCount} aliases, at most ${MAX_ALIASES} are allowed`,
    };
  }
  const content = /^(?!%)[ \t]*[^\s#]/m.exec(text);
  if (content === null) return undefined;
  if (/^ *\t[ \t]*[^\s#{["']/.test(content[0])) {
    return {
      problem: "not valid YAML: tabs are not allowed as indentation",
      position: positionAt(text, content.index),
    };
  }
  const separator = /^---(?=\s|$)/gm;
  separator.lastIndex = content.index + 1;
  const second = separator.exec(text);
  return second === null ? undefined : {
    problem: "more than one YAML document: the second one starts",
    position: positionAt(text, second.index),
  };
}

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, column: lines[lines.length - 1].length + 1 };
}

const KEY_SYNTAX: KeySyntax = {
  pattern: (key) =>
    new RegExp(
      String.raw`(^[ \t]*|[{,][ \t]*)["']?${key}["']?[ \t]*:`,
      "gm",
    ),
  // Without braces around the keys, or with them.
  isKey: (_match, before) => hasNextKey(before, "") || hasNextKey(before, "}"),
};

function hasNextKey(before: string, end: string): boolean {
  try {
    const value = parse(`${before}${NEXT_KEY}: 1${end}`);
    return Object.hasOwn(value as object, NEXT_KEY);
  } catch {
    return false;
  }
}

/** The value of a key, if YAML 1.1 and 1.2 read it as different numbers. */
function ambiguousNumber(
  lines: readonly string[],
  { line, column }: Position,
): string | undefined {
  const pair = lines[line - 1].slice(column - 1);
  return /:[ \t]+([-+]?0[o\d_]\w*|[-+]?\d+_[\w.]*)(?=[\s,}]|$)/.exec(pair)?.[1];
}
