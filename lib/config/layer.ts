/**
 * One source of the configuration: its values, the position of each, and its problems.
 * Reading never throws; `resolveConfig()` reports the problems of all sources together.
 *
 * @module
 */

import {
  InvalidConfigError,
  InvalidCpuSetError,
  type LoomError,
} from "../errors.ts";
import { nearestName } from "./nearest.ts";
import { CONFIG_KEYS, type ConfigKey, SETTINGS } from "./schema.ts";
import type { Check } from "./value_type.ts";

/** A kind of source. */
export type SourceKind = "default" | "file" | "env" | "code" | "flags";

/** All kinds of sources; later ones override earlier ones. */
export const SOURCE_KINDS: readonly SourceKind[] = [
  "default",
  "file",
  "env",
  "code",
  "flags",
];

/** Where a value came from. */
export interface Origin {
  /** The kind of source. */
  readonly source: SourceKind;
  /** `loom.toml:3:1`, `LOOM_CPUSET`, `.cpuset()`, `--loom-cpuset` or `default`. */
  readonly name: string;
}

/** One value from a source. */
export interface Entry {
  /** The setting. */
  readonly key: ConfigKey;
  /** The value, of the setting's type. */
  readonly value: unknown;
  /** Where it came from. */
  readonly origin: Origin;
}

/** One source, read and checked. */
export interface Layer {
  /** The kind of source, which determines what this layer overrides. */
  readonly source: Exclude<SourceKind, "default">;
  /** Values, at most one for each setting. */
  readonly entries: readonly Entry[];
  /** Errors with complete messages, one line each. */
  readonly problems: readonly LoomError[];
  /** Remarks that are not errors, one line each. */
  readonly notes: readonly string[];
}

/** A line and a column of a file, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value as written in the source, not yet checked. */
export interface RawEntry {
  readonly spelling: string;
  readonly value: unknown;
  readonly originName: string;
  readonly position?: Position;
}

/** How a source spells names and values. */
export interface Dialect {
  readonly source: Layer["source"];
  /** Start of every message, without the colon: `Cannot read config loom.toml`. */
  readonly action: string;
  /** Whether values are text, from which numbers have to be parsed. */
  readonly textual: boolean;
  /** What this source calls a name: "key", "flag", "setting". */
  readonly noun: string;
  /** Names that are no settings, but that a misspelt one may mean. */
  readonly otherNames?: readonly string[];
  spell(name: string): string;
}

/** A layer that could not be read. */
export function failedLayer(
  source: Layer["source"],
  ...problems: string[]
): Layer {
  return {
    source,
    entries: [],
    problems: problems.map((problem) => new InvalidConfigError(problem)),
    notes: [],
  };
}

/** Every name that a source accepts, with the key that it means. */
export function spellings(
  spell: (name: string) => string,
): ReadonlyMap<string, ConfigKey> {
  const keys = new Map<string, ConfigKey>();
  for (const key of CONFIG_KEYS) {
    for (const name of [SETTINGS[key].name, ...SETTINGS[key].aliases]) {
      keys.set(spell(name), key);
    }
  }
  return keys;
}

/** Checks the values of a source. If a name occurs more than once, the last one wins. */
export function checkLayer(
  dialect: Dialect,
  rawEntries: Iterable<RawEntry>,
  notes: readonly string[] = [],
): Layer {
  const keys = spellings(dialect.spell);
  const entries = new Map<ConfigKey, Entry>();
  const spelledAs = new Map<ConfigKey, string>();
  const problems: LoomError[] = [];
  for (const raw of rawEntries) {
    const report = (problem: string, ofKey?: ConfigKey) => {
      const ProblemError = ofKey === "cpuset"
        ? InvalidCpuSetError
        : InvalidConfigError;
      problems.push(
        new ProblemError(`${dialect.action}: ${problem}${at(raw.position)}`),
      );
    };
    const key = keys.get(raw.spelling);
    if (key === undefined) {
      const { noun, otherNames } = dialect;
      report(unknownName(noun, raw.spelling, keys.keys(), otherNames));
      continue;
    }
    const earlier = spelledAs.get(key) ?? raw.spelling;
    if (earlier !== raw.spelling) {
      report(`${earlier} and ${raw.spelling} mean the same, give only one`);
    }
    spelledAs.set(key, raw.spelling);
    const check = checkValue(key, raw.value, dialect.textual);
    if ("problem" in check) {
      report(`${raw.spelling} ${check.problem}`, key);
    } else {
      const origin = { source: dialect.source, name: raw.originName };
      entries.set(key, { key, value: check.value, origin });
    }
  }
  return {
    source: dialect.source,
    entries: [...entries.values()],
    problems,
    notes,
  };
}

function checkValue(
  key: ConfigKey,
  value: unknown,
  textual: boolean,
): Check<unknown> {
  const { type } = SETTINGS[key];
  return textual ? type.fromText(String(value)) : type.fromValue(value);
}

/**
 * An error message for an unknown name: suggests the nearest name, or lists all.
 *
 * @param others Names to suggest, but not to list.
 */
export function unknownName(
  noun: string,
  name: string,
  known: Iterable<string>,
  others: readonly string[] = [],
): string {
  const names = [...known];
  const nearest = nearestName(name, [...names, ...others]);
  return `unknown ${noun} ${JSON.stringify(name.slice(0, 80))}, ${
    nearest === undefined
      ? `expected one of ${names.join(", ")}`
      : `did you mean ${nearest}?`
  }`;
}

/** The end of a message: its position, or nothing. */
export function at(position: Position | undefined): string {
  return position === undefined
    ? ""
    : ` (line ${position.line}, column ${position.column})`;
}
