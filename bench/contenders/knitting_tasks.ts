/**
 * The functions that the workers of knitting run.
 *
 * @module
 */

import { type Task, task } from "./knitting_module.ts";
import * as tasks from "./tasks.ts";

/** Returns `n + 1`. */
export const addOne: Task<number, number> = task({ f: tasks.addOne });

/** Returns the value. */
export const echo: Task<never, unknown> = task({ f: tasks.echo });

/** Computes for so many milliseconds. */
export const busy: Task<number, number> = task({ f: tasks.busy });
