/**
 * The objects that a message already contains, so that shared references and cycles are
 * kept.
 *
 * @module
 */

/** Up to this many objects, a search through an array is faster than a Map. */
const SEARCHED = 32;

/** Numbers the objects of a message that is being written. */
export class IdentityTable {
  // Never shorter than SEARCHED; undefined from `size` on. Emptying the array would free its
  // memory, and each small message would allocate it again.
  readonly #objects: (object | undefined)[] = new Array(SEARCHED).fill(
    undefined,
  );
  #size = 0;
  /** Where the object with a number begins in the message, if that may change; otherwise 0. */
  readonly places: number[] = [];
  #indices: Map<object, number> | undefined;

  /** Number of objects. */
  get size(): number {
    return this.#size;
  }

  /** The number of a known object, or -1 after adding a new one. */
  indexOrAdd(object: object): number {
    const objects = this.#objects;
    const size = this.#size;
    if (size < SEARCHED) {
      for (let i = 0; i < size; i++) if (objects[i] === object) return i;
      objects[size] = object;
    } else {
      this.#indices ??= new Map(
        objects.map((each, index) => [each as object, index]),
      );
      const index = this.#indices.get(object);
      if (index !== undefined) return index;
      this.#indices.set(object, size);
      objects.push(object);
    }
    this.places[size] = 0;
    this.#size = size + 1;
    return -1;
  }

  /** Drops the objects from number `size` on. */
  truncate(size: number): void {
    const objects = this.#objects;
    if (size <= SEARCHED) {
      this.#indices = undefined;
      if (this.#size > SEARCHED) objects.length = SEARCHED;
      const end = Math.min(this.#size, SEARCHED);
      for (let i = size; i < end; i++) objects[i] = undefined;
    } else {
      for (let i = size; i < this.#size; i++) {
        this.#indices?.delete(objects[i] as object);
      }
      objects.length = size;
    }
    this.#size = size;
  }
}
