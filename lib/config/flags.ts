/**
 * Reads command-line flags: `--loom-cpuset 0-3`, `--no-loom-pin-threads` and so
 * on, and leaves all other arguments to the program.
 *
 * @module
 */

import { findFlags, type FoundFlag } from "./args.ts";
import {
  checkLayer,
  type Layer,
  type RawEntry,
  spellings,
  unknownName,
} from "./layer.ts";
import { flagName, SETTINGS } from "./schema.ts";

/** Names a config file; several are read in order, after those given in code. */
export const CONFIG_FLAG = "--loom-config";
/** The flag that may stand without a value, which then means yes. */
export const PIN_FLAG: string = flagName(SETTINGS.pinThreads.name);
/** Its negation. */
export const NO_PIN_FLAG = "--no-loom-pin-threads";

/** A command line taken apart. */
export interface Flags {
  readonly layer: Layer;
  /** The arguments that are not loom's, in their order, `--` included. */
  readonly rest: readonly string[];
  /** Config files that flags name, in their order. */
  readonly configFiles: readonly string[];
}

const SETTING_FLAGS = spellings(flagName);
const KNOWN_FLAGS = [...SETTING_FLAGS.keys(), NO_PIN_FLAG, CONFIG_FLAG];
const FLAGS_WITH_VALUE = KNOWN_FLAGS.filter((flag) =>
  flag !== PIN_FLAG && flag !== NO_PIN_FLAG
);

const ACTION = "Cannot read flags";

/** Takes loom's flags out of `argv`. Never throws: the layer holds the problems. */
export function readFlags(argv: readonly string[]): Flags {
  const taken = new Set<number>();
  const problems: string[] = [];
  const raw: RawEntry[] = [];
  const configFiles: string[] = [];
  for (const found of findFlags(argv, FLAGS_WITH_VALUE)) {
    if (!/^--(no-)?loom-/.test(found.flag)) continue;
    const problem = problemWith(found);
    // A flag that misses its value must not swallow the argument after it.
    const count = problem === undefined ? found.argumentCount : 1;
    for (let i = 0; i < count; i++) taken.add(found.index + i);
    if (problem !== undefined) problems.push(`${ACTION}: ${problem}`);
    else if (found.flag === CONFIG_FLAG) configFiles.push(String(found.value));
    else raw.push(rawEntry(found));
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
    configFiles,
  };
}

function problemWith({ flag, value, inline }: FoundFlag): string | undefined {
  if (!KNOWN_FLAGS.includes(flag)) {
    return unknownName("flag", flag, KNOWN_FLAGS);
  }
  if (flag === NO_PIN_FLAG) {
    return value === undefined ? undefined : `${flag} takes no value`;
  }
  if (flag === PIN_FLAG) return undefined;
  if (value === undefined || value === "") return `${flag} needs a value`;
  return !inline && value.startsWith("--")
    ? `${flag} needs a value, and ${
      JSON.stringify(value.slice(0, 80))
    } is none; join them with = if it is meant`
    : undefined;
}

function rawEntry({ flag, value }: FoundFlag): RawEntry {
  if (flag === NO_PIN_FLAG) {
    return { spelling: PIN_FLAG, value: "false", originName: NO_PIN_FLAG };
  }
  return { spelling: flag, value: value ?? "true", originName: flag };
}
