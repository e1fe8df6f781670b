/**
 * The objects of a message that is being read, by number.
 *
 * @module
 */

/** Entries that stay allocated after a message. */
const KEPT = 32;

/** Numbers objects in the order in which they are read. */
export class NumberedObjects {
  // Undefined from `size` on. Emptying the array would free its memory.
  readonly #objects: (object | undefined)[] = new Array(KEPT).fill(undefined);
  #size = 0;

  /** The object with this number. */
  get(index: number): object | undefined {
    return this.#objects[index];
  }

  /** Adds an object and returns its number. */
  add(object: object): number {
    this.#objects[this.#size] = object;
    return this.#size++;
  }

  /** Replaces the placeholder with this number by the object. */
  replace(index: number, object: object): void {
    this.#objects[index] = object;
  }

  /** Drops all objects. */
  clear(): void {
    const objects = this.#objects;
    if (this.#size > KEPT) objects.length = KEPT;
    const end = Math.min(this.#size, KEPT);
    for (let i = 0; i < end; i++) objects[i] = undefined;
    this.#size = 0;
  }
}
