/**
 * `loom config`: shows the merged configuration and where each value comes from.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { formatExplain } from "../config/explain.ts";
import { loadConfig } from "../config/load.ts";
import type { LoomArgs } from "../config/loom_args.ts";
import type { ResolvedConfig } from "../config/merge.ts";

/** The files to look for if none is given; later ones override earlier ones. */
const DEFAULT_FILES = ["loom.json", "loom.yml", "loom.yaml", "loom.toml"];

/** Merges the given files, or else the default ones, the environment and flags. */
export async function resolveForDisplay(
  { files, envPrefix, args }: {
    files: readonly string[];
    envPrefix: string;
    args: LoomArgs;
  },
): Promise<ResolvedConfig> {
  const named = files.length > 0 || args.configFiles.length > 0;
  const defaults = named ? { paths: [], notes: [] } : findDefaultFiles();
  const configFiles = [...files, ...defaults.paths].map((path) => ({ path }));
  const resolved = await loadConfig({ files: configFiles, envPrefix, args });
  return { ...resolved, notes: [...defaults.notes, ...resolved.notes] };
}

function findDefaultFiles(): { paths: string[]; notes: string[] } {
  try {
    return {
      paths: DEFAULT_FILES.filter((path) => existsSync(path)),
      notes: [],
    };
  } catch {
    // Only Deno throws here, if a permission is missing.
    const names = DEFAULT_FILES.join(", ");
    const note = `${names} were not looked for: Deno runs without --allow-read`;
    return { paths: [], notes: [note] };
  }
}

/** Formats the table of `explain()` and the notes of the sources. */
export function formatConfig(resolved: ResolvedConfig): string {
  const notes = resolved.notes.map((note) => `note: ${note}`);
  return [formatExplain(resolved.explain()), ...notes].join("\n");
}

/** The same as data for JSON: null if the value is determined from the machine. */
export function configData(resolved: ResolvedConfig): Record<string, unknown> {
  const settings = resolved.explain().map((setting) => ({
    ...setting,
    value: setting.value ?? null,
  }));
  const config = settings.map(({ key, value }) => [key, value]);
  return {
    config: Object.fromEntries(config),
    settings,
    notes: resolved.notes,
  };
}
