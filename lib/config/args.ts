/**
 * Splits a command line. The only file that names the parser: another one that
 * tells the index of each flag takes its place by changing this file.
 *
 * @module
 */

import { parseArgs } from "node:util";

/** A flag that was found, and which arguments it takes up. */
export interface FoundFlag {
  /** With its dashes: `--loom-cpuset`. */
  readonly flag: string;
  /** Undefined where none was given. */
  readonly value: string | undefined;
  /** Whether the value was joined to the flag with `=`. */
  readonly inline: boolean;
  readonly index: number;
  readonly argumentCount: number;
}

/**
 * Finds every long flag before `--`. Those in `withValue` take the argument that
 * follows; of the others only an inline value is known.
 */
export function findFlags(
  argv: readonly string[],
  withValue: readonly string[],
): FoundFlag[] {
  const options = Object.fromEntries(
    withValue.map((flag) => [flag.slice(2), { type: "string" as const }]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens.flatMap((token) =>
    token.kind === "option" && token.rawName.startsWith("--")
      ? [{
        flag: token.rawName,
        value: token.value,
        inline: token.inlineValue === true,
        index: token.index,
        argumentCount: token.value === undefined || token.inlineValue ? 1 : 2,
      }]
      : []
  );
}
