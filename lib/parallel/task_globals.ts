/**
 * The functions of loom that self-contained tasks can use without importing them.
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
import { join, joinAsync } from "./join.ts";
import { shared } from "../numeric_array.ts";
import { parIter } from "./par_iter.ts";
import { parRange } from "./par_range.ts";
import { scope } from "./scope.ts";
import { scopeCompute } from "./scope_compute.ts";

/** In scope of every self-contained task, on every thread. */
export const TASK_GLOBALS: Readonly<Record<string, unknown>> = {
  computeMap,
  currentRuntime,
  join,
  joinAsync,
  parIter,
  parRange,
  scope,
  scopeCompute,
  shared,
  spawnAsync,
  spawnCompute,
  task,
};
