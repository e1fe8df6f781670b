/**
 * The lists of property names that a message already holds. Lists of records
 * repeat them, and a number is shorter to write and faster to read.
 *
 * @module
 */

/** How far back a list is looked for. */
const SEARCHED = 8;
/** Lists that may stay after a message, which then need not be allocated again. */
const KEPT = 32;

export class ShapeTable {
  readonly #shapes: (readonly string[])[] = [];
  #size = 0;
  // A list that is being read: most often the one that stayed in its place.
  #reading: string[] = [];
  #isNew = true;

  get size(): number {
    return this.#size;
  }

  get(index: number): readonly string[] {
    return this.#shapes[index];
  }

  add(keys: readonly string[]): void {
    this.#shapes[this.#size++] = keys;
  }

  /** Begins a list of `length` keys, to be set from the first to the last. */
  beginKeys(length: number): void {
    const kept = this.#shapes[this.#size];
    this.#isNew = kept?.length !== length;
    this.#reading = this.#isNew ? [] : kept as string[];
  }

  setKey(index: number, key: string): void {
    if (!this.#isNew) {
      if (this.#reading[index] === key) return;
      // Other lists may be the same array: it must not be changed.
      this.#reading = this.#reading.slice(0, index);
      this.#isNew = true;
    }
    this.#reading.push(key);
  }

  /** Adds the list that was read. */
  endKeys(): readonly string[] {
    const keys = this.#reading;
    this.add(keys);
    return keys;
  }

  /** The number of a recent list with the same names in the same order, or -1. */
  find(keys: readonly string[]): number {
    const end = Math.max(0, this.#size - SEARCHED);
    for (let i = this.#size - 1; i >= end; i--) {
      if (haveSameKeys(this.#shapes[i], keys)) return i;
    }
    return -1;
  }

  /** Forgets the lists from number `size` on. */
  truncate(size: number): void {
    this.#size = size;
    if (this.#shapes.length > KEPT) {
      this.#shapes.length = Math.max(size, KEPT);
    }
  }
}

function haveSameKeys(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
