/**
 * Parses a flag. The only file that imports the parser of command lines.
 *
 * @module
 */

import { parseArgs } from "@std/cli/parse-args";

/**
 * The value in `--name=value`, as text.
 *
 * The parser does not report which arguments a value comes from, and a program wants its own
 * arguments back as they were. So the caller finds the flags, and passes one at a time.
 */
export function parseFlag(argument: string, name: string): string {
  return String(parseArgs([argument], { string: [name] })[name]);
}
