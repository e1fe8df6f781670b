/**
 * Reads YAML, and finds positions in JSON, which is a subset of YAML. The only file that
 * imports the YAML parser.
 *
 * @module
 */

import { isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import type { DocumentEntry, ParsedDocument } from "./document.ts";
import type { Position } from "./layer.ts";
import { showValue } from "./value_type.ts";

/** Parses the text of a YAML file that holds one document. */
export function parseYaml(text: string): ParsedDocument {
  const lineCounter = new LineCounter();
  const parsed = parseDocument(text, { lineCounter, prettyErrors: false });
  const positionOf = (offset: number): Position => {
    const { line, col } = lineCounter.linePos(offset);
    return { line, column: col };
  };
  const [error] = parsed.errors;
  if (error !== undefined) {
    const problem = error.code === "MULTIPLE_DOCS"
      ? "more than one YAML document: the second one starts"
      : `not valid YAML: ${error.message}`;
    return { problem, position: positionOf(error.pos[0]) };
  }
  const { contents } = parsed;
  if (contents === null) return { entries: [] };
  try {
    if (!isMap(contents)) {
      return isScalar(contents) && contents.value === null ? { entries: [] } : {
        problem: `must be a table of keys, got ${showValue(parsed.toJS())}`,
      };
    }
    const entries: DocumentEntry[] = contents.items.map((pair) => ({
      key: String(isScalar(pair.key) ? pair.key.value : pair.key),
      value: isNode(pair.value) ? pair.value.toJS(parsed) : pair.value,
      position: isNode(pair.key) && pair.key.range
        ? positionOf(pair.key.range[0])
        : undefined,
    }));
    return { entries };
  } catch (error) {
    // The parser reports an alias without an anchor only when values are read.
    const { message } = error as Error;
    return { problem: `not valid YAML: ${message}` };
  }
}
