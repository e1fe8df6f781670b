/**
 * Finds the long flags of a command line. The only file that imports the parser.
 *
 * @module
 */

import { parseArgs } from "node:util";

/** A long flag and its position. */
export interface FoundFlag {
  /** With its dashes: `--loom-cpuset`. */
  readonly flag: string;
  /** The value joined to it with `=`. */
  readonly inlineValue: string | undefined;
  /** The next argument, unless it is a flag. */
  readonly nextValue: string | undefined;
  readonly index: number;
}

/** Finds every long flag before `--`, without knowing which of them take values. */
export function findFlags(argv: readonly string[]): FoundFlag[] {
  const isLong = (argument: string) => argument.startsWith("--");
  const { tokens } = parseArgs({
    // The parser reads "-x-" as "-x --". Only long flags matter here, so replace
    // every other argument by a placeholder.
    args: argv.map((argument) => isLong(argument) ? argument : "-"),
    strict: false,
    tokens: true,
  });
  return tokens.flatMap((token) => {
    if (token.kind !== "option") return [];
    const next: string | undefined = argv[token.index + 1];
    return [{
      flag: token.rawName,
      inlineValue: token.value,
      nextValue: next === undefined || isLong(next) ? undefined : next,
      index: token.index,
    }];
  });
}
