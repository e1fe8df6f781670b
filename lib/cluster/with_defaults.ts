/**
 * Options with their defaults.
 *
 * @module
 */

/** Returns `options`, and of `defaults` what is undefined there. */
export function withDefaults<D extends object, O extends object>(
  defaults: D,
  options: O,
): O & D {
  const given = Object.entries(options).filter(([, value]) =>
    value !== undefined
  );
  return { ...defaults, ...Object.fromEntries(given) } as O & D;
}
