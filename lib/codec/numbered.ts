/**
 * The objects of a message that is being read, by the order in which they came.
 *
 * @module
 */

/** Places that stay after a message, which then need not be allocated again. */
const KEPT = 32;

export class NumberedObjects {
  // Empty from `size` on: an array that is emptied gives its memory back.
  readonly #objects: (object | undefined)[] = new Array(KEPT).fill(undefined);
  #size = 0;

  get(index: number): object | undefined {
    return this.#objects[index];
  }

  /** Returns the number of the object. */
  add(object: object): number {
    this.#objects[this.#size] = object;
    return this.#size++;
  }

  /** Puts an object in the place that was kept for it. */
  replace(index: number, object: object): void {
    this.#objects[index] = object;
  }

  clear(): void {
    const objects = this.#objects;
    if (this.#size > KEPT) objects.length = KEPT;
    const end = Math.min(this.#size, KEPT);
    for (let i = 0; i < end; i++) objects[i] = undefined;
    this.#size = 0;
  }
}
