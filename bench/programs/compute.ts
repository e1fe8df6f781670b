/**
 * A computation that takes the same work each time: one that ended by the clock would hide
 * that its CPU is shared.
 *
 * @module
 */

/** How many rounds take a few milliseconds. */
export const ROUNDS = 3_000_000;

/** Computes for so many rounds. */
export function compute(rounds: number): number {
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum = (sum * 31 + i) | 0;
  return sum;
}
