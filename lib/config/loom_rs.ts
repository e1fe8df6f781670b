/**
 * Settings of the Rust crate loom-rs that have no meaning here, up to its version 0.5. Config
 * files may have them, so that one file can serve a Rust and a TypeScript service.
 *
 * @module
 */

import { InvalidConfigError } from "../errors.ts";
import { at, type RawEntry } from "./layer.ts";
import { showValue } from "./value_type.ts";

/** A setting of loom-rs. */
interface IgnoredSetting {
  /** Why it has no meaning here. */
  readonly reason: string;
  /** Its values. */
  readonly words: readonly string[];
}

const IGNORED: ReadonlyMap<string, IgnoredSetting> = new Map([
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
    const { words } = setting;
    if (!words.some((word) => word === entry.value)) {
      const problem = `${entry.spelling} must be one of ${
        words.join(", ")
      }, got ${showValue(entry.value)}`;
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

/** The JSON Schema of each of these settings. */
export function ignoredJsonSchema(): [string, Record<string, unknown>][] {
  return [...IGNORED].map(([name, { reason, words }]) => {
    const description = `Setting of loom-rs without a meaning here: ${reason}`;
    return [name, { description, enum: words }];
  });
}
