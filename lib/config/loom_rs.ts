/**
 * Settings of the Rust crate loom-rs that have no meaning here, up to its version 0.5. Config
 * files may have them, so that one file can serve a Rust and a TypeScript service. Their
 * names are checked, because in a table that nobody reads a mistake would go unseen.
 *
 * @module
 */

import { InvalidConfigError } from "../errors.ts";
import { at, type RawEntry, spellings, unknownName } from "./layer.ts";
import { showValue } from "./value_type.ts";

/** A setting of loom-rs. */
interface IgnoredSetting {
  /** Why it has no meaning here. */
  readonly reason: string;
  /** The keys of its table; undefined if it is one of {@linkcode IgnoredSetting.words}. */
  readonly keys?: readonly string[];
  readonly words?: readonly string[];
}

const IGNORED: ReadonlyMap<string, IgnoredSetting> = new Map([
  ["mab_knobs", {
    reason: "no scheduler decides where a function runs",
    keys: [
      "k_starve",
      "w_inflight",
      "w_spawn",
      "pressure_clip",
      "decay",
      "strike_decay",
      "ema_alpha",
      "t_tiny_inline_us",
      "t_block_hard_us",
      "t_inline_under_pressure_us",
      "p_low",
      "p_high",
      "enable_strikes",
      "t_strike_us",
      "s_max",
      "hint_trust_threshold",
      "hint_exploration_count",
      "hint_low_ema_us",
      "hint_medium_ema_us",
      "hint_high_ema_us",
      "measured_offload_overhead_us",
    ],
  }],
  ["calibration", {
    reason: "no scheduler needs the cost of a call",
    keys: ["enabled", "warmup_iterations", "sample_count"],
  }],
  ["tokio_flavor", {
    reason: "an event loop has one thread, and async_threads is their number",
    words: ["multi_thread", "current_thread"],
  }],
]);

/** The names of the settings that files may have and that do nothing. */
export const IGNORED_NAMES: readonly string[] = [...IGNORED.keys()];

/** The entries of a file without those that have no meaning here. */
export interface UsedEntries {
  readonly used: readonly RawEntry[];
  /** Errors with complete messages. */
  readonly problems: readonly InvalidConfigError[];
  /** One line about all settings that do nothing, if there are any. */
  readonly notes: readonly string[];
}

/**
 * Takes out the settings of loom-rs that have no meaning here.
 *
 * @param shown The file, for the note.
 * @param action Start of every error message, without the colon.
 */
export function withoutIgnored(
  shown: string,
  action: string,
  entries: readonly RawEntry[],
): UsedEntries {
  const used: RawEntry[] = [];
  const problems: InvalidConfigError[] = [];
  const ignored: string[] = [];
  for (const entry of entries) {
    const setting = IGNORED.get(entry.spelling);
    if (setting === undefined) {
      used.push(entry);
      continue;
    }
    const found = problemsOf(entry.spelling, entry.value, setting);
    for (const problem of found) {
      const message = `${action}: ${problem}${at(entry.position)}`;
      problems.push(new InvalidConfigError(message));
    }
    ignored.push(`${entry.spelling} (${setting.reason})`);
  }
  const notes = ignored.length === 0 ? [] : [
    `${shown}: settings of loom-rs without a meaning here: ${
      ignored.join("; ")
    }`,
  ];
  return { used, problems, notes };
}

function problemsOf(
  name: string,
  value: unknown,
  { keys, words = [] }: IgnoredSetting,
): string[] {
  if (keys === undefined) {
    return words.some((word) => word === value)
      ? []
      : [`${name} must be one of ${words.join(", ")}, got ${showValue(value)}`];
  }
  // What loom-rs writes for a table that is not set.
  if (value === null) return [];
  if (showValue(value) !== "a table") {
    return [`${name} must be a table, got ${showValue(value)}`];
  }
  return Object.keys(value as object)
    .filter((key) => !keys.includes(key))
    .map((key) => unknownKey(name, key, keys));
}

function unknownKey(table: string, key: string, known: readonly string[]) {
  const isSetting = IGNORED.has(key) || spellings((name) => name).has(key);
  return isSetting
    ? `${key} is in the table ${table}, but is a setting of its own; move it out of the table`
    : `in ${table}: ${unknownName("key", key, known)}`;
}

/** The JSON Schema of each of these settings. */
export function ignoredJsonSchema(): [string, Record<string, unknown>][] {
  return [...IGNORED].map(([name, { reason, keys, words }]) => {
    const description = `Setting of loom-rs without a meaning here: ${reason}`;
    return [
      name,
      keys === undefined ? { description, enum: words } : {
        description,
        type: ["object", "null"],
        properties: Object.fromEntries(keys.map((key) => [key, {}])),
        additionalProperties: false,
      },
    ];
  });
}
