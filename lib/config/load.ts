/**
 * Reads all given sources and merges them.
 *
 * @module
 */

import { type CodeOptions, readCode } from "./code.ts";
import { type Environment, readEnvironment } from "./env.ts";
import { type ConfigFile, readConfigFile } from "./file.ts";
import type { LoomArgs } from "./loom_args.ts";
import { resolveConfig, type ResolvedConfig } from "./merge.ts";

/** Sources of settings. Those that are left out are not read. */
export interface ConfigSources {
  /** Config files; later ones override earlier ones. */
  readonly files?: readonly ConfigFile[];
  /** Prefix of environment variables: `LOOM` reads `LOOM_CPUSET` and so on. */
  readonly envPrefix?: string;
  /** Environment to read; defaults to that of the process. */
  readonly environment?: Environment;
  /** Settings from the builder's methods. */
  readonly code?: CodeOptions;
  /** Flags and the config files that they name. */
  readonly args?: LoomArgs;
}

/**
 * Reads and merges all sources. Files that flags name come after `files`.
 *
 * @throws {InvalidConfigError} With every problem of every source.
 * @throws {InvalidCpuSetError} If the only problem is a malformed `cpuset`.
 */
export async function loadConfig(
  sources: ConfigSources,
): Promise<ResolvedConfig> {
  const { files = [], envPrefix, environment, code, args } = sources;
  const flagFiles: ConfigFile[] = (args?.configFiles ?? [])
    .map((path) => ({ path }));
  const fileLayers = await Promise.all(
    [...files, ...flagFiles].map((file) => readConfigFile(file.path, file)),
  );
  return resolveConfig([
    ...fileLayers,
    ...(envPrefix === undefined
      ? []
      : [readEnvironment(envPrefix, environment)]),
    ...(code === undefined ? [] : [readCode(code)]),
    ...(args === undefined ? [] : [args.layer]),
  ]);
}
