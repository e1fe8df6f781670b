/**
 * Help text for loom's flags, generated from the table of settings.
 *
 * @module
 */

import { CONFIG_FLAG, SWITCHES } from "./flags.ts";
import { CONFIG_KEYS, flagName, SETTINGS } from "./schema.ts";

/** One flag in the help text. */
export interface FlagHelp {
  readonly flag: string;
  /** Other flags with the same meaning. */
  readonly aliases: readonly string[];
  /** Placeholder for the value. */
  readonly value: string;
  readonly summary: string;
  readonly defaultText: string;
}

/** Describes every flag, in the table's order. */
export function describeFlags(): FlagHelp[] {
  const flags = CONFIG_KEYS.map((key): FlagHelp => {
    const { name, aliases, type, summary, defaultText, defaultValue } =
      SETTINGS[key];
    const flag = flagName(name);
    const optional = SWITCHES.find((each) => each.flag === flag);
    return {
      flag,
      aliases: optional === undefined
        ? aliases.map(flagName)
        : [optional.negation],
      value: optional === undefined
        ? ` <${type.placeholder}>`
        : `[=${optional.placeholder}]`,
      summary,
      defaultText: defaultText ?? String(defaultValue),
    };
  });
  const configFile: FlagHelp = {
    flag: CONFIG_FLAG,
    aliases: [],
    value: " <file>",
    summary: "Config file (.toml, .yaml, .json); may be given several times",
    defaultText: "none",
  };
  return [...flags, configFile];
}

/** The width of a narrow terminal. */
const LINE_CHARACTERS = 80;

/** The flags as aligned lines under a heading. */
export function flagsHelp(): string {
  const rows = describeFlags().map((help) => ({
    left: `  ${help.flag}${help.value}`,
    right: `${help.summary} (default: ${help.defaultText}${
      help.aliases.map((alias) => `; also ${alias}`).join("")
    })`,
  }));
  const width = Math.max(...rows.map(({ left }) => left.length)) + 2;
  const lines = rows.flatMap(({ left, right }) =>
    wrap(right, LINE_CHARACTERS - width).map((line, index) =>
      (index === 0 ? left : "").padEnd(width) + line
    )
  );
  return ["loom options:", ...lines].join("\n");
}

/** Breaks text into lines of at most `characters`. */
function wrap(text: string, characters: number): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = `${lines[lines.length - 1]} ${word}`.trimStart();
    if (line.length <= characters) lines[lines.length - 1] = line;
    else lines.push(word);
  }
  return lines;
}
