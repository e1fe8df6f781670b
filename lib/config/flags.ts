/**
 * Reads command-line flags: `--loom-cpuset 0-3`, `--no-loom-pin-threads` and so
 * on, and leaves all other arguments to the program.
 *
 * @module
 */

import { InvalidConfigError } from "../errors.ts";
import { findFlags, type FoundFlag } from "./args.ts";
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
/** The only flag with an optional value; without one it means true. */
export const PIN_FLAG: string = flagName(SETTINGS.pinThreads.name);
/** Its negation. */
export const NO_PIN_FLAG = "--no-loom-pin-threads";
/** The same, spelled after the name of the setting. */
const OTHER_NO_PIN_FLAG = "--loom-no-pin-threads";

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

const SWITCHES: readonly string[] = [PIN_FLAG, NO_PIN_FLAG, OTHER_NO_PIN_FLAG];
const KNOWN_FLAGS: readonly string[] = [
  ...new Set([...spellings(flagName).keys(), CONFIG_FLAG, ...SWITCHES]),
];

const ACTION = "Cannot read flags";

/** Separates loom's flags from other arguments. Never throws: the layer holds problems. */
export function readFlags(argv: readonly string[]): Flags {
  const taken = new Set<number>();
  const problems: InvalidConfigError[] = [];
  const raw: RawEntry[] = [];
  const configFiles: string[] = [];
  for (const found of findFlags(argv)) {
    const { flag, index } = found;
    if (!/^--(no-)?loom-/.test(flag)) continue;
    taken.add(index);
    if (takesNextArgument(found)) taken.add(index + 1);
    const value = valueOf(found);
    if (value === undefined) {
      problems.push(new InvalidConfigError(`${ACTION}: ${problemWith(flag)}`));
    } else if (flag === CONFIG_FLAG) {
      configFiles.push(value);
    } else {
      const spelling = SWITCHES.includes(flag) ? PIN_FLAG : flag;
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

function takesNextArgument(found: FoundFlag): boolean {
  return found.inlineValue === undefined && found.nextValue !== undefined &&
    KNOWN_FLAGS.includes(found.flag) && !SWITCHES.includes(found.flag);
}

/** The flag's value as text, or undefined if it is unknown or lacks a valid value. */
function valueOf({ flag, inlineValue, nextValue }: FoundFlag) {
  if (!KNOWN_FLAGS.includes(flag)) return undefined;
  if (flag === PIN_FLAG) return inlineValue ?? "true";
  if (SWITCHES.includes(flag)) {
    return inlineValue === undefined ? "false" : undefined;
  }
  return (inlineValue ?? nextValue) || undefined;
}

function problemWith(flag: string): string {
  if (!KNOWN_FLAGS.includes(flag)) {
    return unknownName("flag", flag, KNOWN_FLAGS);
  }
  return SWITCHES.includes(flag)
    ? `${flag} takes no value`
    : `${flag} needs a value`;
}
