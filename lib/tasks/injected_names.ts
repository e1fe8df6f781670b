/**
 * The names of loom's functions that self-contained functions use without an import.
 *
 * @module
 */

/** Names that can only mean loom's functions. */
const DISTINCT = [
  "computeMap",
  "currentRuntime",
  "joinAsync",
  "parIter",
  "parRange",
  "scopeCompute",
  "spawnAsync",
  "spawnCompute",
] as const;

/** Words that programs use for variables, too: loom's functions only where they are called. */
const COMMON = ["join", "scope", "shared", "task"] as const;

/** The name of a function that is in scope of every self-contained function. */
export type InjectedName = typeof DISTINCT[number] | typeof COMMON[number];

/** Names that mean loom's function whatever is done with it. */
export const DISTINCT_NAMES: ReadonlySet<string> = new Set(DISTINCT);

/** Names that mean loom's function only where they are called. */
export const COMMON_NAMES: ReadonlySet<string> = new Set(COMMON);
