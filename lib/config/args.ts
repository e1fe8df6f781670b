/**
 * Splits a command line. The only file that names the parser: another one that
 * tells the index of each flag takes its place by changing this file.
 *
 * @module
 */

import { parseArgs } from "node:util";

/** A long flag, and where it stands. */
export interface FoundFlag {
  /** With its dashes: `--loom-cpuset`. */
  readonly flag: string;
  /** What is joined to it with `=`. */
  readonly inlineValue: string | undefined;
  /** What follows it as an argument of its own, unless that is a flag. */
  readonly nextValue: string | undefined;
  readonly index: number;
}

/** Finds every long flag before `--`, without knowing which of them take values. */
export function findFlags(argv: readonly string[]): FoundFlag[] {
  const isLong = (argument: string) => argument.startsWith("--");
  const { tokens } = parseArgs({
    // The parser takes "-x-" for "-x --", and whatever is not a long flag is of
    // no interest here, so it sees only that something stands there.
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
