/**
 * Which objects a message already holds, so that shared ones and cycles keep
 * their identity.
 *
 * @module
 */

/** Up to this many objects a search through an array beats a Map. */
const SEARCHED = 32;

export class IdentityTable {
  #objects: object[] = [];
  #indices: Map<object, number> | undefined;

  get size(): number {
    return this.#objects.length;
  }

  /** The number of an object that was here before, or -1 if it has just been added. */
  indexOrAdd(object: object): number {
    const objects = this.#objects;
    if (objects.length < SEARCHED) {
      const index = objects.indexOf(object);
      if (index < 0) objects.push(object);
      return index;
    }
    this.#indices ??= new Map(objects.map((each, index) => [each, index]));
    const index = this.#indices.get(object);
    if (index !== undefined) return index;
    this.#indices.set(object, objects.length);
    objects.push(object);
    return -1;
  }

  /** Forgets the objects from number `size` on. */
  truncate(size: number): void {
    if (size < SEARCHED) this.#indices = undefined;
    else {for (const object of this.#objects.slice(size)) {
        this.#indices?.delete(object);
      }}
    this.#objects.length = size;
  }
}
