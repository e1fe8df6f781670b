/**
 * The names that self-contained functions find, as if imported.
 *
 * @module
 */

import {
  computeMap,
  currentRuntime,
  spawnAsync,
  spawnCompute,
} from "../current.ts";
import { task } from "../tasks/task.ts";
import { shared } from "./numeric_array.ts";
import { parIter } from "./par_iter.ts";
import { parRange } from "./par_range.ts";

/** Beside the global names, the same on every thread. */
export const FUNCTION_SCOPE: Readonly<Record<string, unknown>> = {
  computeMap,
  currentRuntime,
  parIter,
  parRange,
  shared,
  spawnAsync,
  spawnCompute,
  task,
};
