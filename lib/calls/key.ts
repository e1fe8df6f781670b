/**
 * The worker that calls with a key go to.
 *
 * @module
 */

/** What calls with the same value share: a worker. */
export type Key = string | number;

/**
 * Chooses one of `workerCount` workers for a key, by rendezvous hashing: the one whose weight
 * for this key is the largest. All threads, and all processes with as many workers, choose
 * the same one. With one worker more or less, only the keys of that worker move.
 *
 * @returns The position of the worker in its pool.
 */
export function positionOfKey(key: Key, workerCount: number): number {
  const hash = hashOf(key);
  let best = 0;
  let largest = -1;
  for (let position = 0; position < workerCount; position++) {
    const weight = mix(hash ^ Math.imul(position + 1, GOLDEN_RATIO));
    if (weight <= largest) continue;
    largest = weight;
    best = position;
  }
  return best;
}

/** @throws {TypeError} If this is not a key. */
export function checkKey(key: unknown): void {
  if (typeof key === "string" || typeof key === "number") return;
  throw new TypeError(
    `Cannot use key: it must be a string or a number, got ${
      key === null ? "null" : typeof key
    }`,
  );
}

/** 2³² divided by the golden ratio: consecutive multiples of it differ in most bits. */
const GOLDEN_RATIO = 0x9e3779b9;

const number = new Float64Array(1);
const numberWords = new Uint32Array(number.buffer);

function hashOf(key: Key): number {
  if (typeof key === "number") {
    // 0 and -0 are the same key, as in a Map.
    number[0] = key + 0;
    return mix(mix(numberWords[0]) ^ numberWords[1]);
  }
  // FNV-1a, over UTF-16 units.
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  }
  return mix(hash);
}

/** The last step of MurmurHash3: each bit of the input changes half of the output. */
function mix(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
