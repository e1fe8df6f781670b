/**
 * What the workers of most contenders run: a module of plain functions.
 *
 * @module
 */

export { computeFor as busy } from "./pool.ts";

/** Gives `n + 1`. */
export const addOne = (n: number): number => n + 1;

/** Gives the value back. */
export const echo = <T>(value: T): T => value;
