/**
 * Random numbers that are the same for the same seed.
 *
 * @module
 */

/** Returns a function that returns an integer from 0 up to, but not including, `limit`. */
export function randomIntegers(seed: number): (limit: number) => number {
  let state = seed | 0;
  // mulberry32: any seed will do, and every step is exact in 32 bits.
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    const fraction = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    return Math.floor(fraction * limit);
  };
}
