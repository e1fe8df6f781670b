/**
 * Normally distributed random numbers at the cost of reading an array.
 *
 * @module
 */

/** A power of two, so that an index wraps around by a mask. */
const COUNT = 4096;

/**
 * Numbers of the standard normal distribution. They are computed once and come again in the same
 * order after {@linkcode COUNT} of them, which is random enough to choose between two ways.
 */
export class Normals {
  readonly #numbers = new Float64Array(COUNT);
  #next = 0;

  /** @param seed Any integer; the same one gives the same numbers. */
  constructor(seed: number) {
    const random = uniform(seed);
    // Box-Muller: two uniform numbers give two normal ones.
    for (let i = 0; i < COUNT; i += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - random()));
      const angle = 2 * Math.PI * random();
      this.#numbers[i] = radius * Math.cos(angle);
      this.#numbers[i + 1] = radius * Math.sin(angle);
    }
  }

  /** The next number. */
  next(): number {
    this.#next = (this.#next + 1) & (COUNT - 1);
    return this.#numbers[this.#next];
  }
}

/** Numbers from 0 to below 1: mulberry32, by Tommy Ettinger, which is in the public domain. */
function uniform(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
