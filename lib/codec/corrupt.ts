/**
 * The error for a message that no encoder writes.
 *
 * @module
 */

import { MAX_DEPTH } from "./tags.ts";

/** Creates the error for bytes that no encoder writes. */
export function corrupt(reason: string): Error {
  return new Error(`Cannot decode message: ${reason}`);
}

/** Throws unless containers may be nested so deep. */
export function checkDepth(depth: number): void {
  if (depth > MAX_DEPTH) throw corrupt("its containers are nested too deep");
}

/**
 * Replaces what the engine throws for a corrupt message, for example for the text of a
 * regular expression. Other errors, such as that of a SharedArrayBuffer that is gone, stay
 * as they are.
 */
export function explainCorrupt(problem: unknown): unknown {
  const isOfEngine = problem instanceof RangeError ||
    problem instanceof TypeError || problem instanceof SyntaxError;
  if (!isOfEngine || isStackOverflow(problem)) return problem;
  const error = corrupt(problem.message);
  error.cause = problem;
  return error;
}

/**
 * A message that is read near the end of the stack is not corrupt. The decoder limits the
 * depth, so a corrupt message alone cannot exhaust the stack.
 */
function isStackOverflow(problem: Error): boolean {
  return problem instanceof RangeError && /call stack/.test(problem.message);
}
