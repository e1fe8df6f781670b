/**
 * Reads command-line flags: `--loom-cpuset 0-3`, `--no-loom-pin-threads` and so
 * on, and leaves all other arguments to the program.
 *
 * @module
 */

import { InvalidConfigError } from "../errors.ts";
import { parseFlag } from "./args.ts";
import {
  checkLayer,
  type Layer,
  type RawEntry,
  spellings,
  unknownName,
} from "./layer.ts";
import { flagName, SETTINGS } from "./schema.ts";

/** Names a config file. Several are read in order, after those given in code. */
export const CONFIG_FLAG = "--loom-config";

/** A flag with an optional value, which means true without one. */
export interface Switch {
  readonly flag: string;
  /** The same with the value false. */
  readonly negation: string;
  /** The negation, spelled after the name of the setting. */
  readonly otherNegation: string;
  /** A value in help text. */
  readonly placeholder: string;
}

function switchOf(name: string, placeholder: string): Switch {
  const flag = flagName(name);
  return {
    flag,
    negation: flag.replace("--", "--no-"),
    otherNegation: flagName(`no-${name}`),
    placeholder,
  };
}

/** All flags with an optional value. */
export const SWITCHES: readonly Switch[] = [
  switchOf(SETTINGS.pinThreads.name, "require"),
  switchOf(SETTINGS.observe.name, "path"),
];

/** The flags of loom and all other arguments of a command line. */
export interface Flags {
  readonly layer: Layer;
  /** The arguments that are not loom's, in order, including `--`. */
  readonly rest: readonly string[];
  /** The arguments that are loom's, in order. */
  readonly own: readonly string[];
  /** Config files that flags name, in order. */
  readonly configFiles: readonly string[];
}

const NEGATIONS: ReadonlyMap<string, string> = new Map(
  SWITCHES.flatMap(({ flag, negation, otherNegation }) => [
    [negation, flag],
    [otherNegation, flag],
  ]),
);
const KNOWN_FLAGS: readonly string[] = [
  ...spellings(flagName).keys(),
  CONFIG_FLAG,
  ...NEGATIONS.keys(),
];

const ACTION = "Cannot read flags";

/** Separates loom's flags from other arguments. Never throws: the layer holds problems. */
export function readFlags(argv: readonly string[]): Flags {
  const taken = new Set<number>();
  const problems: InvalidConfigError[] = [];
  const raw: RawEntry[] = [];
  const configFiles: string[] = [];
  for (const { flag, argument, indices } of ownFlags(argv)) {
    for (const index of indices) taken.add(index);
    const value = valueOf(flag, argument);
    if (value === undefined) {
      problems.push(new InvalidConfigError(`${ACTION}: ${problemWith(flag)}`));
    } else if (flag === CONFIG_FLAG) {
      configFiles.push(value);
    } else {
      const spelling = NEGATIONS.get(flag) ?? flag;
      raw.push({ spelling, value, originName: flag });
    }
  }
  const layer = checkLayer({
    source: "flags",
    action: ACTION,
    textual: true,
    noun: "flag",
    spell: flagName,
  }, raw);
  return {
    layer: { ...layer, problems: [...problems, ...layer.problems] },
    rest: argv.filter((_, index) => !taken.has(index)),
    own: argv.filter((_, index) => taken.has(index)),
    configFiles,
  };
}

/** A flag of loom in a command line, known or not. */
interface OwnFlag {
  readonly flag: string;
  /** The flag, with its value behind `=` even if that is the next argument. */
  readonly argument: string;
  /** Indices of the flag, and of its value if that is the next argument. */
  readonly indices: readonly number[];
}

/** Finds loom's flags before `--`. */
function ownFlags(argv: readonly string[]): OwnFlag[] {
  const end = argv.indexOf("--");
  const before = end < 0 ? argv : argv.slice(0, end);
  return before.flatMap((argument, index) => {
    const flag = /^--(no-)?loom-[^=]*/.exec(argument)?.[0];
    if (flag === undefined) return [];
    const next: string | undefined = argv[index + 1];
    const takesNext = argument === flag && next !== undefined &&
      !next.startsWith("--") && takesValue(flag);
    return takesNext
      ? [{ flag, argument: `${flag}=${next}`, indices: [index, index + 1] }]
      : [{ flag, argument, indices: [index] }];
  });
}

function takesValue(flag: string): boolean {
  return KNOWN_FLAGS.includes(flag) && !isSwitch(flag) && !NEGATIONS.has(flag);
}

function isSwitch(flag: string): boolean {
  return SWITCHES.some((each) => each.flag === flag);
}

/**
 * The flag's value as text, or undefined if it is unknown or lacks a valid value.
 *
 * @param argument The flag, and its value behind `=`.
 */
function valueOf(flag: string, argument: string): string | undefined {
  if (!KNOWN_FLAGS.includes(flag)) return undefined;
  if (argument === flag) {
    if (isSwitch(flag)) return "true";
    return NEGATIONS.has(flag) ? "false" : undefined;
  }
  const value = parseFlag(argument, flag.slice("--".length));
  if (isSwitch(flag)) return value;
  return NEGATIONS.has(flag) ? undefined : value || undefined;
}

function problemWith(flag: string): string {
  if (!KNOWN_FLAGS.includes(flag)) {
    return unknownName("flag", flag, KNOWN_FLAGS);
  }
  return NEGATIONS.has(flag)
    ? `${flag} takes no value`
    : `${flag} needs a value`;
}
