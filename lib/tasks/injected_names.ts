/**
 * The names of functions that self-contained functions use without an import.
 *
 * @module
 */

/** Names that can only mean loom's functions. */
const DISTINCT = [
  "adaptiveMap",
  "computeMap",
  "computeStream",
  "currentRuntime",
  "currentSignal",
  "currentWorker",
  "isCancelled",
  "joinAsync",
  "parIter",
  "parRange",
  "scopeCompute",
  "sharedValue",
  "spawnAdaptive",
  "spawnAsync",
  "spawnCompute",
  "tryCurrentRuntime",
  "throwIfCancelled",
] as const;

/** Words that programs use for variables, too: loom's functions only where they are called. */
const COMMON = ["join", "move", "report", "scope", "shared", "task"] as const;

/** What esbuild calls in a function, with its option `keepNames`, so that names stay. */
const HELPER = "__name";

/** The name of a function that is in scope of every self-contained function. */
export type InjectedName =
  | typeof DISTINCT[number]
  | typeof COMMON[number]
  | typeof HELPER;

/** Names that mean the injected function whatever is done with it. */
export const DISTINCT_NAMES: ReadonlySet<string> = new Set([
  ...DISTINCT,
  HELPER,
]);

/** Names that mean loom's function only where they are called. */
export const COMMON_NAMES: ReadonlySet<string> = new Set(COMMON);
