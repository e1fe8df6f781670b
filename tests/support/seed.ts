/**
 * Seeds for random tests: printed, and taken back from the `LOOM_SEED` variable.
 *
 * @module
 */

import process from "node:process";

/**
 * Returns a 32-bit seed and prints the line that repeats the run.
 *
 * Give it to fast-check as `{ seed }`, or to a generator of your own.
 */
export function seedFor(testName: string): number {
  const given = process.env.LOOM_SEED;
  const seed = given === undefined ? randomSeed() : Number(given);
  if (!Number.isInteger(seed)) {
    throw new TypeError(
      `Cannot use LOOM_SEED: "${given}" is not a whole number`,
    );
  }
  console.log(`${testName}: LOOM_SEED=${seed}`);
  return seed;
}

function randomSeed(): number {
  return crypto.getRandomValues(new Int32Array(1))[0];
}
