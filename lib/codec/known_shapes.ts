/**
 * Shapes that all threads know. The shape of an object is the list of its property names, in
 * order. Programs send objects of few shapes again and again, so a message contains the
 * number of a shape in place of the names.
 *
 * @module
 */

import { corrupt } from "./corrupt.ts";

/** Where the threads find each other's shapes, as texts. */
export interface ShapeStore {
  /** Adds a text and returns its number, or 0 if there is no room left. */
  add(text: string): number;
  /** The text with that number; undefined if there is none. */
  read(number: number): string | undefined;
}

/** For messages without numbers of shapes. */
export const NO_SHAPES: ShapeStore = { add: () => 0, read: () => undefined };

/** Objects of a shape that are written with their names before it gets a number. */
const USES_UNTIL_KNOWN = 4;
/** Shapes with more names get no number: such objects are tables more often than records. */
const MAX_NAMES = 32;
/** Likewise for longer texts. */
const MAX_TEXT = 1024;
/** Beginnings of shapes to remember; beyond that, those without a number are dropped. */
const MAX_BEGINNINGS = 4096;

/** A shape, which may also be the beginning of longer ones. */
export class Shape {
  /** Its names, in order. */
  readonly names: readonly string[];
  /** The last of the names. */
  readonly lastName: string;
  /** Its number in messages; 0 if it has none. */
  number = 0;
  /** How many objects of this shape were written with their names. */
  uses = 0;
  readonly #longer = new Map<string, Shape>();
  // The names that were found last; they are usually found again. Two, because an object and
  // an object in it take turns.
  #nextName: string | undefined;
  #next: Shape | undefined;
  #otherName: string | undefined;
  #other: Shape | undefined;

  constructor(names: readonly string[]) {
    this.names = names;
    this.lastName = names.at(-1) ?? "";
  }

  /** The shape that has one name more; undefined if it was never seen. */
  with(name: string): Shape | undefined {
    if (name === this.#nextName) return this.#next;
    return name === this.#otherName ? this.#other : this.#find(name);
  }

  /** Remembers a shape that has one name more. */
  add(name: string): Shape {
    const next = new Shape([...this.names, name]);
    this.#longer.set(name, next);
    return next;
  }

  /** Forgets all longer shapes but those with a number; returns how many are left. */
  prune(): number {
    let count = 0;
    for (const [name, shape] of this.#longer) {
      const kept = shape.prune();
      if (kept === 0 && shape.number === 0) this.#longer.delete(name);
      else count += kept + 1;
    }
    this.#nextName = this.#next = undefined;
    this.#otherName = this.#other = undefined;
    return count;
  }

  #find(name: string): Shape | undefined {
    const next = this.#longer.get(name);
    if (next !== undefined) {
      this.#otherName = this.#nextName;
      this.#other = this.#next;
      this.#nextName = name;
      this.#next = next;
    }
    return next;
  }
}

/** The shapes that a thread writes by number. */
export class WrittenShapes {
  readonly #store: ShapeStore;
  readonly #none = new Shape([]);
  #beginnings = 0;
  #isFull = false;

  constructor(store: ShapeStore) {
    this.#store = store;
  }

  /**
   * The known shape of an object whose prototype is that of Object, or undefined. It reads no
   * property, so it runs no code of the user.
   */
  find(object: object): Shape | undefined {
    let shape: Shape | undefined = this.#none;
    for (const name in object) {
      shape = shape.with(name);
      if (shape === undefined) return undefined;
    }
    // Inherited names come last, so if the last one is an own name, all of them are.
    return shape.number !== 0 && Object.hasOwn(object, shape.lastName)
      ? shape
      : undefined;
  }

  /** Counts an object that is written with its names; a frequent shape gets a number. */
  note(object: object): void {
    if (this.#isFull) return;
    const names = Object.keys(object);
    if (names.length === 0 || names.length > MAX_NAMES) return;
    let shape = this.#none;
    for (const name of names) {
      const next = shape.with(name);
      shape = next ?? shape.add(name);
      if (next === undefined) this.#beginnings++;
    }
    if (++shape.uses === USES_UNTIL_KNOWN) this.#number(shape);
    if (this.#beginnings > MAX_BEGINNINGS) {
      this.#beginnings = this.#none.prune();
    }
  }

  #number(shape: Shape): void {
    const text = JSON.stringify(shape.names);
    if (text.length > MAX_TEXT) return;
    shape.number = this.#store.add(text);
    this.#isFull = shape.number === 0;
  }
}

/** What reads the values of an object. */
export interface ValueReader {
  /** Reads a value; `depth` is the number of containers around it. */
  value(depth: number): unknown;
}

/** Creates an object and reads its properties. */
type ReadObject = (reader: ValueReader, depth: number) => object;

/** Objects of a shape that are read before it gets a function of its own. */
const USES_UNTIL_COMPILED = 8;

/** A shape that a thread reads. */
export class ReadShape {
  /** The names, in order. */
  readonly names: readonly string[];
  #uses = 0;
  #read: ReadObject | undefined;

  constructor(names: readonly string[]) {
    this.names = names;
  }

  /**
   * Creates an object with the values that follow. It does not exist before they are read,
   * so they must not refer to it. Returns undefined as long as the shape is rare.
   */
  read(reader: ValueReader, depth: number): object | undefined {
    if (this.#read !== undefined) return this.#read(reader, depth);
    if (++this.#uses === USES_UNTIL_COMPILED) this.#read = compile(this.names);
    return undefined;
  }
}

/** A function that returns an object literal, which engines create in one step. */
function compile(names: readonly string[]): ReadObject | undefined {
  const values = names.map((name) => {
    const text = JSON.stringify(name);
    // Without brackets, __proto__ would be no property; with them, all are slower.
    return `${name === "__proto__" ? `[${text}]` : text}: reader.value(depth)`;
  });
  try {
    return new Function(
      "reader",
      "depth",
      `return { ${values} };`,
    ) as ReadObject;
  } catch {
    // The program does not allow code from strings.
    return undefined;
  }
}

/** The shapes that a thread reads by number. */
export class ReadShapes {
  readonly #store: ShapeStore;
  readonly #shapes: (ReadShape | undefined)[] = [];

  constructor(store: ShapeStore) {
    this.#store = store;
  }

  /** The shape with a number that a message contains. */
  get(number: number): ReadShape {
    return this.#shapes[number] ?? this.#load(number);
  }

  #load(number: number): ReadShape {
    const text = this.#store.read(number);
    if (text === undefined) {
      throw corrupt(`${number} is not the number of a shape`);
    }
    return this.#shapes[number] = new ReadShape(JSON.parse(text));
  }
}
