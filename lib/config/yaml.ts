/**
 * Reads YAML, and finds positions in JSON, which is a subset of YAML. The only file that
 * imports the YAML parser.
 *
 * @module
 */

import process from "node:process";
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
} from "yaml";
import type { DocumentEntry, ParsedDocument } from "./document.ts";
import type { Position } from "./layer.ts";
import { showValue } from "./value_type.ts";

/** Many times the number of settings. The parser takes long to resolve many aliases. */
const MAX_KEYS = 1_000;

/** Parses the text of a YAML file that holds one document. */
export function parseYaml(text: string): ParsedDocument {
  try {
    return withoutEnvironment(() => parse(text));
  } catch (error) {
    // Some parsers of deep input overflow the stack.
    return { problem: `not valid YAML: ${reason(error as Error)}` };
  }
}

/**
 * Runs `fn` while there are no environment variables: the parser reads some, for logs of its
 * own, and on Deno that needs a permission.
 */
function withoutEnvironment<T>(fn: () => T): T {
  const { env } = process;
  process.env = {};
  try {
    return fn();
  } finally {
    process.env = env;
  }
}

function parse(text: string): ParsedDocument {
  const lineCounter = new LineCounter();
  const parsed = parseDocument(text, {
    lineCounter,
    prettyErrors: false,
    // The parser compares each key with all others; in long files that takes minutes.
    uniqueKeys: false,
  });
  const positionOf = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  const [error] = parsed.errors;
  if (error !== undefined) {
    const problem = error.code === "MULTIPLE_DOCS"
      ? "more than one YAML document: the second one starts"
      : `not valid YAML: ${reason(error)}`;
    return { problem, position: positionOf(error.pos[0]) };
  }
  const { contents } = parsed;
  if (contents === null) return { entries: [] };
  if (!isMap(contents)) {
    const value = valueOf(contents, parsed);
    return value === null
      ? { entries: [] }
      : { problem: `must be a table of keys, got ${showValue(value)}` };
  }
  const { items } = contents;
  if (items.length > MAX_KEYS) {
    return {
      problem: `has ${items.length} keys, at most ${MAX_KEYS} are allowed`,
    };
  }
  const entries = new Map<string, DocumentEntry>();
  for (const pair of items) {
    const range = isNode(pair.key) ? pair.key.range : undefined;
    const position = range ? positionOf(range[0]) : undefined;
    const key = isScalar(pair.key)
      ? keyOf(pair.key.value)
      : text.slice(range?.[0] ?? 0, range?.[1] ?? 0);
    if (entries.has(key)) {
      return { problem: "not valid YAML: Map keys must be unique", position };
    }
    entries.set(key, { key, value: valueOf(pair.value, parsed), position });
  }
  return { entries: [...entries.values()] };
}

/** A key as text; the key `<<` of YAML 1.1 is a symbol. */
function keyOf(value: unknown): string {
  return typeof value === "symbol" ? value.description ?? "" : String(value);
}

/**
 * The value of a node. Of tables only the names of their keys are read, and lists stay empty:
 * the parser would follow aliases in them, and write keys that are tables as text inside
 * text, which doubles with each level.
 */
function valueOf(node: unknown, parsed: Document.Parsed): unknown {
  if (isAlias(node)) {
    const target = node.resolve(parsed);
    if (target !== undefined) return valueOf(target, parsed);
    throw new ReferenceError(
      `Unresolved alias (the anchor must be set before the alias): ${node.source}`,
    );
  }
  if (isMap(node)) {
    const keys = node.items.slice(0, MAX_KEYS).map(({ key }) => key);
    return Object.fromEntries(
      keys.filter(isScalar).map(({ value }) => [keyOf(value), undefined]),
    );
  }
  if (isCollection(node)) return [];
  return isScalar(node) ? node.value : node;
}

function reason(error: Error): string {
  return /call stack|recursion/i.test(error.message)
    ? "it is nested too deeply"
    : error.message;
}
