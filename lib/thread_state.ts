/**
 * State that all copies of the library on one thread share.
 *
 * A program may load the library more than once: in two versions of a dependency, from
 * source and from a bundle, or in a bundle and in its workers.
 *
 * @module
 */

/** Changes with the shape of any such state, so that other versions do not share it. */
const VERSION = 1;

/**
 * The state of this name on this thread.
 *
 * @param create Makes the state when the first copy asks for it.
 */
export function threadState<T>(name: string, create: () => T): T {
  const key = Symbol.for(`@loom/runtime/${VERSION}/${name}`);
  const scope = globalThis as unknown as Record<symbol, T | undefined>;
  const found = scope[key];
  if (found !== undefined) return found;
  const value = create();
  Object.defineProperty(globalThis, key, { value });
  return value;
}
