/**
 * Reads a config file. The extension of its name selects TOML, YAML or JSON.
 *
 * @module
 */

import process from "node:process";
import type { ParsedDocument } from "./document.ts";
import {
  at,
  checkLayer,
  type Dialect,
  failedLayer,
  type Layer,
  type RawEntry,
} from "./layer.ts";
import { IGNORED_NAMES, withoutIgnored } from "./loom_rs.ts";

/** Options for a config file. */
export interface ConfigFileOptions {
  /** Whether the file may be missing. Defaults to false. */
  readonly optional?: boolean;
}

/** A config file and its options. */
export interface ConfigFile extends ConfigFileOptions {
  /** A path as `node:fs` accepts it. Its extension selects the format. */
  readonly path: string | URL;
}

type Parse = (text: string) => ParsedDocument;

const loadYamlParser = async () => (await import("./yaml.ts")).parseYaml;

/** Loads the parser of each extension; most programs need none of them. */
const PARSERS: ReadonlyMap<string, () => Promise<Parse>> = new Map([
  ["toml", async () => (await import("./toml.ts")).parseToml],
  ["yaml", loadYamlParser],
  ["yml", loadYamlParser],
  ["json", async () => (await import("./json.ts")).parseJson],
]);

/** Far more than all settings need; parsers take long for more. */
const MAX_CHARACTERS = 2 ** 20;

/** Reads and checks one config file. */
export async function readConfigFile(
  path: string | URL,
  options: ConfigFileOptions = {},
): Promise<Layer> {
  const shown = path instanceof URL && path.protocol === "file:"
    ? process.getBuiltinModule("node:url").fileURLToPath(path)
    : String(path);
  const action = `Cannot read config ${shown}`;
  const loadParser = PARSERS.get(
    /\.([^./\\]+)$/.exec(shown)?.[1].toLowerCase() ?? "",
  );
  if (loadParser === undefined) {
    return failedLayer(
      "file",
      `${action}: the name must end in .toml, .yaml, .yml or .json`,
    );
  }
  let text: string;
  try {
    // Most programs have no config file, and this module takes 7 ms to load on Deno.
    const { readFileSync } = process.getBuiltinModule("node:fs");
    text = readFileSync(path, "utf8");
  } catch (error) {
    const missing = (error as { code?: unknown }).code === "ENOENT";
    if (missing && options.optional) return EMPTY_LAYER;
    return failedLayer("file", `${action}: ${whyUnreadable(error, shown)}`);
  }
  return readConfigText(shown, text, await loadParser());
}

/** Checks the text of the file `shown`, which `parse` understands. */
export function readConfigText(
  shown: string,
  text: string,
  parse: Parse,
): Layer {
  const action = `Cannot read config ${shown}`;
  if (text.length > MAX_CHARACTERS) {
    return failedLayer(
      "file",
      `${action}: it has ${text.length} characters, at most ${MAX_CHARACTERS} are allowed`,
    );
  }
  // Editors on Windows may start a file with a byte order mark.
  const parsed = parse(text.replace(/^\uFEFF/, ""));
  if ("problem" in parsed) {
    return failedLayer(
      "file",
      `${action}: ${parsed.problem}${at(parsed.position)}`,
    );
  }
  const { used, problems, notes } = withoutIgnored(
    shown,
    action,
    rawEntries(shown, parsed.entries),
  );
  const layer = checkLayer(fileDialect(action), used, notes);
  return { ...layer, problems: [...layer.problems, ...problems] };
}

/** The layer of an optional file that is missing. */
const EMPTY_LAYER: Layer = {
  source: "file",
  entries: [],
  problems: [],
  notes: [],
};

function fileDialect(action: string): Dialect {
  return {
    source: "file",
    action,
    textual: false,
    noun: "key",
    otherNames: IGNORED_NAMES,
    spell: (name) => name,
  };
}

function rawEntries(
  shown: string,
  entries: Extract<ParsedDocument, { entries: unknown }>["entries"],
): RawEntry[] {
  return entries
    // Editors read the schema of the file from this key.
    .filter(({ key }) => key !== "$schema")
    .map(({ key, value, position }) => ({
      spelling: key,
      value,
      position,
      originName: position === undefined
        ? shown
        : `${shown}:${position.line}:${position.column}`,
    }));
}

function whyUnreadable(error: unknown, shown: string): string {
  const { name, code, message } = error as Error & { code?: string };
  switch (name === "NotCapable" || name === "PermissionDenied" ? name : code) {
    case "ENOENT":
      return "there is no such file; pass { optional: true } if it may be missing";
    case "EISDIR":
      return "it is a folder";
    case "NotCapable":
      return `Deno has no permission to read it; grant it with --allow-read=${shown}`;
    case "PermissionDenied":
    case "EACCES":
      return "this user has no permission to read it";
    default:
      return message.split("\n")[0];
  }
}
