/**
 * Checks of counts that are given as arguments.
 *
 * @module
 */

/** Throws a RangeError unless `count` is an integer between two others. */
export function checkCount(
  action: string,
  name: string,
  count: number,
  least: number,
  most: number,
): void {
  if (Number.isInteger(count) && count >= least && count <= most) return;
  throw new RangeError(
    `Cannot ${action}: ${name} is ${count}; pass an integer from ${least} to ${most}`,
  );
}
