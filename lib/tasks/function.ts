/**
 * The type of every function.
 *
 * @module
 */

/** Any function, whatever it takes and returns. */
// deno-lint-ignore no-explicit-any -- every function is assignable to it
export type AnyFunction = (...args: any[]) => unknown;
