/**
 * Promises among the results of functions.
 *
 * @module
 */

/** Whether the value is a promise, or is awaited as one. */
export function isThenable(
  value: object | null,
): value is PromiseLike<unknown> {
  return value !== null &&
    typeof (value as PromiseLike<unknown>).then === "function";
}
