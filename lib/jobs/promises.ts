/**
 * Refuses promises where a function must be synchronous.
 *
 * @module
 */

/**
 * Throws if `value` is a promise or another object with a `then` method.
 *
 * @param value What a function returned.
 * @param action Start of the error message.
 * @throws {TypeError} If it is one. A rejection of it is then no unhandled rejection.
 */
export function refusePromise(value: unknown, action: string): void {
  if (typeof value !== "object" || value === null) return;
  if (typeof (value as Partial<PromiseLike<unknown>>).then !== "function") {
    return;
  }
  if (value instanceof Promise) {
    Promise.prototype.then.call(value, undefined, () => {});
  }
  throw new TypeError(
    `${action}: a function returned a promise, and parallel operations do not wait for it; ` +
      "use a synchronous function, or computeMap() or spawnCompute() for asynchronous work",
  );
}
