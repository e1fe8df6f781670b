/**
 * Reads every source that was named and merges them.
 *
 * @module
 */

import { type CodeOptions, readCode } from "./code.ts";
import { type Environment, readEnvironment } from "./env.ts";
import { type ConfigFile, readConfigFile } from "./file.ts";
import type { LoomArgs } from "./loom_args.ts";
import { resolveConfig, type ResolvedConfig } from "./merge.ts";

/** Where to look for settings. What is left out is not looked at. */
export interface ConfigSources {
  /** Later files override earlier ones. */
  readonly files?: readonly ConfigFile[];
  /** `LOOM` reads `LOOM_CPUSET` and so on. */
  readonly envPrefix?: string;
  /** Instead of the process's own environment. */
  readonly environment?: Environment;
  /** What the builder's methods set. */
  readonly code?: CodeOptions;
  /** Flags, and the config files that they name. */
  readonly args?: LoomArgs;
}

/**
 * Reads and merges all sources; files that flags name come after `files`.
 *
 * Throws one {@linkcode InvalidConfigError} with every problem of every source.
 */
export function loadConfig(sources: ConfigSources): ResolvedConfig {
  const { files = [], envPrefix, environment, code, args } = sources;
  const flagFiles: ConfigFile[] = (args?.configFiles ?? [])
    .map((path) => ({ path }));
  return resolveConfig([
    ...[...files, ...flagFiles].map((file) => readConfigFile(file.path, file)),
    ...(envPrefix === undefined
      ? []
      : [readEnvironment(envPrefix, environment)]),
    ...(code === undefined ? [] : [readCode(code)]),
    ...(args === undefined ? [] : [args.layer]),
  ]);
}
