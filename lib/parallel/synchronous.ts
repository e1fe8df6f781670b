/**
 * The result types of functions that must be synchronous.
 *
 * @module
 */

import type { ImportedResult } from "../tasks/task.ts";

/** What a function of type `R` returns in a parallel operation. */
export type Returned<R> = R extends ImportedResult<infer Result> ? Result : R;

/**
 * The type `R`, unless it is a promise: that becomes a text which the compiler shows in its
 * error. So an asynchronous function is refused, even where results are ignored.
 *
 * A task by the name of an export is typed as asynchronous, because a direct call imports its
 * module first. What counts here is the exported function.
 */
export type Synchronous<R> = R extends unknown
  ? Returned<R> extends PromiseLike<unknown>
    ? "parallel operations do not wait for promises; use computeMap() or spawnCompute()"
  : R
  : never;
