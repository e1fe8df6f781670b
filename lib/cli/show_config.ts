/**
 * `loom config`: what the configuration comes to, and why.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { formatExplain } from "../config/explain.ts";
import { loadConfig } from "../config/load.ts";
import type { LoomArgs } from "../config/loom_args.ts";
import type { ResolvedConfig } from "../config/merge.ts";

/** The files looked for when none is named, the strongest last. */
const USUAL_FILES = ["loom.json", "loom.yml", "loom.yaml", "loom.toml"];

/** Merges the named files, or else those usually there, the environment and flags. */
export function resolveForDisplay(
  { files, envPrefix, args }: {
    files: readonly string[];
    envPrefix: string;
    args: LoomArgs;
  },
): ResolvedConfig {
  const named = files.length > 0 || args.configFiles.length > 0;
  const usual = named ? { paths: [], notes: [] } : findUsualFiles();
  const configFiles = [...files, ...usual.paths].map((path) => ({ path }));
  const resolved = loadConfig({ files: configFiles, envPrefix, args });
  return { ...resolved, notes: [...usual.notes, ...resolved.notes] };
}

function findUsualFiles(): { paths: string[]; notes: string[] } {
  try {
    return { paths: USUAL_FILES.filter((path) => existsSync(path)), notes: [] };
  } catch {
    // Only Deno throws here, and only for want of a permission.
    const names = USUAL_FILES.join(", ");
    const note = `${names} were not looked for: Deno runs without --allow-read`;
    return { paths: [], notes: [note] };
  }
}

/** The table of `explain()` and what the sources remarked. */
export function formatConfig(resolved: ResolvedConfig): string {
  const notes = resolved.notes.map((note) => `note: ${note}`);
  return [formatExplain(resolved.explain()), ...notes].join("\n");
}

/** The same as data that JSON can hold: null where the machine decides. */
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
