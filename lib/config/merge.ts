/**
 * Merges the sources. Each overrides those before it: defaults, files, environment, code,
 * flags.
 *
 * @module
 */

import { InvalidConfigError, type LoomError } from "../errors.ts";
import { type Layer, type Origin, SOURCE_KINDS } from "./layer.ts";
import {
  CONFIG_KEYS,
  type ConfigKey,
  type LoomConfig,
  SETTINGS,
} from "./schema.ts";

/** The value of a setting and where it came from. */
export interface ExplainedSetting {
  /** The name in code. */
  readonly key: ConfigKey;
  /** The name in config files. */
  readonly name: string;
  /** The value; undefined if loom determines it from the machine. */
  readonly value: LoomConfig[ConfigKey];
  /** The source of the value. */
  readonly origin: Origin;
  /** Values from other sources that were overridden, by descending precedence. */
  readonly overridden: readonly OverriddenValue[];
}

/** A value that another source overrode. */
export interface OverriddenValue {
  /** The value. */
  readonly value: LoomConfig[ConfigKey];
  /** Where it came from. */
  readonly origin: Origin;
}

/** The configuration merged from all sources. */
export interface ResolvedConfig {
  /** The merged values; frozen. */
  readonly config: LoomConfig;
  /** Remarks of the sources, such as variables that could not be read. */
  readonly notes: readonly string[];
  /** Returns the value of each setting and where it came from. */
  explain(): ExplainedSetting[];
}

/**
 * Merges layers. Their order matters only among files; otherwise the kind of source
 * determines which value wins.
 *
 * @throws {InvalidConfigError} With the problems of all layers.
 * @throws {InvalidCpuSetError} If the only problem is a malformed `cpuset`.
 */
export function resolveConfig(layers: readonly Layer[]): ResolvedConfig {
  const ordered = [...layers].sort((a, b) => rank(a) - rank(b));
  const problems = ordered.flatMap((layer) => layer.problems);
  if (problems.length === 1) throw problems[0];
  if (problems.length > 1) throw new InvalidConfigError(listing(problems));
  const explained = CONFIG_KEYS.map((key) => explainKey(key, ordered));
  const values = explained.map(({ key, value }) => [key, value]);
  return {
    config: Object.freeze(Object.fromEntries(values) as LoomConfig),
    notes: ordered.flatMap((layer) => layer.notes),
    explain: () => [...explained],
  };
}

function rank(layer: Layer): number {
  return SOURCE_KINDS.indexOf(layer.source);
}

function listing(problems: readonly LoomError[]): string {
  return `Cannot use the configuration: ${problems.length} problems\n${
    problems.map(({ message }) => `  ${message}`).join("\n")
  }`;
}

function explainKey(
  key: ConfigKey,
  layers: readonly Layer[],
): ExplainedSetting {
  const { name, defaultValue } = SETTINGS[key];
  const given = layers
    .flatMap((layer) => layer.entries)
    .filter((entry) => entry.key === key)
    .map(({ value, origin }) => ({
      // The setting's own type checked it when the layer was read.
      value: value as LoomConfig[ConfigKey],
      origin,
    }));
  const fallback: OverriddenValue = {
    value: defaultValue,
    origin: { source: "default", name: "default" },
  };
  const [winner, ...overridden] = [fallback, ...given].reverse();
  return Object.freeze({ key, name, ...winner, overridden });
}
