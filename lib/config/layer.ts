/**
 * One source's share of the configuration: the values that it gives, where each
 * one stands, and what is wrong with it. Reading never throws; `resolveConfig()`
 * reports the problems of all sources together.
 *
 * @module
 */

import { nearestName } from "./nearest.ts";
import { CONFIG_KEYS, type ConfigKey, SETTINGS } from "./schema.ts";
import type { Check } from "./value_type.ts";

/** Where a value comes from. */
export type SourceKind = "default" | "file" | "env" | "code" | "flags";

/** Where values come from; later ones override earlier ones. */
export const SOURCE_KINDS: readonly SourceKind[] = [
  "default",
  "file",
  "env",
  "code",
  "flags",
];

/** The place that gave a value. */
export interface Origin {
  /** The kind of source. */
  readonly source: SourceKind;
  /** `loom.toml:3:1`, `LOOM_CPUSET`, `.cpuset()`, `--loom-cpuset` or `default`. */
  readonly name: string;
}

/** One value that a source gives. */
export interface Entry {
  /** The setting. */
  readonly key: ConfigKey;
  /** Of the setting's type. */
  readonly value: unknown;
  /** Where it stands. */
  readonly origin: Origin;
}

/** One source, read and checked. */
export interface Layer {
  /** Decides which other layers this one overrides. */
  readonly source: Exclude<SourceKind, "default">;
  /** At most one for each setting. */
  readonly entries: readonly Entry[];
  /** Complete messages, one line each. */
  readonly problems: readonly string[];
  /** What the user should know although nothing is wrong, one line each. */
  readonly notes: readonly string[];
}

/** A line and a column of a file, both from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A value as the source spells it, before any check. */
export interface RawEntry {
  readonly spelling: string;
  readonly value: unknown;
  readonly originName: string;
  readonly position?: Position;
}

/** How a source spells names and values. */
export interface Dialect {
  readonly source: Layer["source"];
  /** Begins every message, without the colon: `Cannot read config loom.toml`. */
  readonly action: string;
  /** Whether values come as text, from which numbers are still to be read. */
  readonly textual: boolean;
  /** What this source calls a name: "key", "flag", "setting". */
  readonly noun: string;
  spell(name: string): string;
}

/** A layer with nothing but problems. */
export function failedLayer(
  source: Layer["source"],
  ...problems: string[]
): Layer {
  return { source, entries: [], problems, notes: [] };
}

/** Every spelling a source knows, with the key that each means. */
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

/** Checks what a source gave; of several values for one spelling the last wins. */
export function checkLayer(
  dialect: Dialect,
  rawEntries: Iterable<RawEntry>,
  notes: readonly string[] = [],
): Layer {
  const keys = spellings(dialect.spell);
  const entries = new Map<ConfigKey, Entry>();
  const spelledAs = new Map<ConfigKey, string>();
  const problems: string[] = [];
  for (const raw of rawEntries) {
    const report = (problem: string) =>
      problems.push(`${dialect.action}: ${problem}${at(raw.position)}`);
    const key = keys.get(raw.spelling);
    if (key === undefined) {
      report(unknownName(dialect.noun, raw.spelling, keys.keys()));
      continue;
    }
    const earlier = spelledAs.get(key) ?? raw.spelling;
    if (earlier !== raw.spelling) {
      report(`${earlier} and ${raw.spelling} mean the same, give only one`);
    }
    spelledAs.set(key, raw.spelling);
    const check = checkValue(key, raw.value, dialect.textual);
    if ("problem" in check) {
      report(`${raw.spelling} ${check.problem}`);
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

/** Says that a name is unknown, with the nearest known one or else all of them. */
export function unknownName(
  noun: string,
  name: string,
  known: Iterable<string>,
): string {
  const names = [...known];
  const nearest = nearestName(name, names);
  return `unknown ${noun} ${JSON.stringify(name.slice(0, 80))}, ${
    nearest === undefined
      ? `known are ${names.join(", ")}`
      : `did you mean ${nearest}?`
  }`;
}

/** Ends a message with its place, so that its beginning stays the same without. */
export function at(position: Position | undefined): string {
  return position === undefined
    ? ""
    : ` (line ${position.line}, column ${position.column})`;
}
