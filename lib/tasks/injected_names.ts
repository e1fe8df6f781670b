/**
 * The names of functions that self-contained functions use without an import.
 *
 * @module
 */

import type { TaskRecord } from "./task_table.ts";

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

/** These find this library by themselves. */
const LOADERS = ["import", "require", "createRequire", "eval"] as const;

/**
 * Where a text may name one of them, or has an escape that may stand for a letter of one. The
 * words that are common are mostly names of methods.
 */
const USES_LIBRARY = new RegExp(
  String.raw`(?<![\w$])(?:${[...DISTINCT, HELPER, ...LOADERS].join("|")})` +
    String.raw`(?![\w$])|(?<![\w$]|(?<!\.\.)\.)(?:${
      COMMON.join("|")
    })(?![\w$])|` +
    String.raw`\\u`,
);

/** Whether the function may use this library: what is injected, or what it imports. */
export function mayUseLibrary(task: TaskRecord): boolean {
  return task.kind === "module" || USES_LIBRARY.test(task.source);
}

/** Names that mean the injected function whatever is done with it. */
export const DISTINCT_NAMES: ReadonlySet<string> = new Set([
  ...DISTINCT,
  HELPER,
]);

/** Names that mean loom's function only where they are called. */
export const COMMON_NAMES: ReadonlySet<string> = new Set(COMMON);
