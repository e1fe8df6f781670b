/**
 * Which objects a message already holds, so that shared ones and cycles keep
 * their identity.
 *
 * @module
 */

/** Up to this many objects a search through an array beats a Map. */
const SEARCHED = 32;

export class IdentityTable {
  // Longer than `size` and empty from there on: an array that is emptied gives
  // its memory back, which a message of three objects would pay for.
  readonly #objects: (object | undefined)[] = new Array(SEARCHED).fill(
    undefined,
  );
  #size = 0;
  #indices: Map<object, number> | undefined;

  get size(): number {
    return this.#size;
  }

  /** The number of an object that was here before, or -1 if it has just been added. */
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
    this.#size = size + 1;
    return -1;
  }

  /** Forgets the objects from number `size` on. */
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
