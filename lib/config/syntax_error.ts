/**
 * What the errors of parsers say.
 *
 * @module
 */

import type { ParsedDocument } from "./document.ts";
import type { Position } from "./layer.ts";

/** How the parsers of the standard library say where an error is. */
const POSITIONS: readonly RegExp[] = [
  /^Parse error on line (\d+), column (\d+): /,
  / at line (\d+), column (\d+):?$/,
];

/** A message may have a part of the text in it. */
const MAX_CHARACTERS = 200;

/** How they begin some messages. */
const BEGINNING = /^Cannot [^:]+: /;

/**
 * The result for a text that a parser refused.
 *
 * @param format Such as `YAML`.
 * @param error What the parser threw.
 */
export function syntaxProblem(
  format: string,
  text: string,
  error: unknown,
): Extract<ParsedDocument, { problem: string }> {
  // An excerpt of the text may follow.
  const [message] = String(error instanceof Error ? error.message : error)
    .split("\n");
  if (/call stack|recursion/i.test(message)) {
    return { problem: `not valid ${format}: it is nested too deeply` };
  }
  const found = POSITIONS.map((pattern) => pattern.exec(message))
    .find((found) => found !== null);
  const reason = message.replace(found?.[0] ?? "", "")
    .replace(BEGINNING, "").replace(/:$/, "");
  return {
    problem: `not valid ${format}: ${reason.slice(0, MAX_CHARACTERS)}`,
    position: found && withinText(text, Number(found[1]), Number(found[2])),
  };
}

/** The position, or the end of the text: a parser may add a line end. */
function withinText(text: string, line: number, column: number): Position {
  const lines = text.split("\n");
  return line <= lines.length
    ? { line, column }
    : { line: lines.length, column: lines[lines.length - 1].length + 1 };
}
