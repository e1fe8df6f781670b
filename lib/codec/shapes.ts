/**
 * The lists of property names that a message already contains. Similar objects repeat them,
 * and a number is shorter and faster to read.
 *
 * @module
 */

/** How many recent lists are searched. */
const SEARCHED = 8;
/** Lists that stay allocated after a message. */
const KEPT = 32;

/** Numbers the lists of names of one message. */
export class ShapeTable {
  readonly #shapes: (readonly string[])[] = [];
  #size = 0;
  // The list that is being read; often equal to the one with its number in an earlier message.
  #reading: string[] = [];
  #isNew = true;

  /** Number of lists. */
  get size(): number {
    return this.#size;
  }

  /** The list with this number; undefined if there is none. */
  get(index: number): readonly string[] | undefined {
    return index < this.#size ? this.#shapes[index] : undefined;
  }

  /** Adds a list. */
  add(keys: readonly string[]): void {
    this.#shapes[this.#size++] = keys;
  }

  /** Begins to read a list of `length` keys, which are set in order. */
  beginKeys(length: number): void {
    const kept = this.#shapes[this.#size];
    this.#isNew = kept?.length !== length;
    this.#reading = this.#isNew ? [] : kept as string[];
  }

  /** Sets the key at `index` of the list that is being read. */
  setKey(index: number, key: string): void {
    if (!this.#isNew) {
      if (this.#reading[index] === key) return;
      // The array may also be in use as another list, so it must not be changed.
      this.#reading = this.#reading.slice(0, index);
      this.#isNew = true;
    }
    this.#reading.push(key);
  }

  /** Adds the list that was read and returns it. */
  endKeys(): readonly string[] {
    const keys = this.#reading;
    this.add(keys);
    return keys;
  }

  /** The number of a recent list with the same keys in the same order, or -1. */
  find(keys: readonly string[]): number {
    const end = Math.max(0, this.#size - SEARCHED);
    for (let i = this.#size - 1; i >= end; i--) {
      if (haveSameKeys(this.#shapes[i], keys)) return i;
    }
    return -1;
  }

  /** Drops the lists from number `size` on. */
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
