/**
 * The functions that the workers of most contenders run.
 *
 * @module
 */

export { computeFor as busy } from "./pool.ts";

/** Returns `n + 1`. */
export const addOne = (n: number): number => n + 1;

/** Returns the value. */
export const echo = <T>(value: T): T => value;
