/**
 * Classes whose objects are only views of shared memory: their objects cross by reference, as
 * objects of the same class over the same memory.
 *
 * A message has the name of the class and the reference to the memory. The class belongs to a
 * part of the library that a thread may not have loaded: see {@linkcode UnknownClassError}.
 *
 * @module
 */

import type { ByteReader } from "./reader.ts";
import type {
  SharedMemoryReader,
  SharedMemoryWriter,
} from "./shared_memory.ts";
import type { ByteWriter } from "./writer.ts";

/** A class whose objects cross by reference. */
export interface ReferenceClass {
  /** Name of the class in messages. */
  readonly name: string;
  /** Prototype of its objects. */
  readonly prototype: object;
  /** The memory of an object; undefined if it is not an object of the class. */
  memoryOf(object: object): SharedArrayBuffer | undefined;
  /** The object of this thread over that memory. */
  over(memory: SharedArrayBuffer): object;
}

/** A message contains an object of a class that this thread has not loaded. */
export class UnknownClassError extends Error {
  /** @param name Name of the class. */
  constructor(name: string) {
    super(
      `Cannot read ${name}: its class is not loaded on this thread; ` +
        `import ${name} from @loom/runtime/sync there`,
    );
  }
}

/** The registered classes of this thread, in both directions. */
interface Registry {
  readonly byName: Map<string, ReferenceClass>;
  readonly byPrototype: Map<object, ReferenceClass>;
}

const KEY = Symbol.for("@loom/runtime.referenceClasses");
/** Shared through a global symbol, so that two copies of the library use one registry. */
const registry = findRegistry();

/**
 * Registers a class, before its first object exists. Where several copies of the library
 * register one name, objects arrive as those of the first.
 */
export function registerReferenceClass(referenceClass: ReferenceClass): void {
  const { name, prototype } = referenceClass;
  registry.byPrototype.set(prototype, referenceClass);
  if (!registry.byName.has(name)) registry.byName.set(name, referenceClass);
}

/** Whether the objects with this prototype cross by reference. */
export function isReferencePrototype(prototype: object): boolean {
  return registry.byPrototype.has(prototype);
}

/** The memory of an object whose class is registered; undefined for any other object. */
export function memoryOf(object: object): SharedArrayBuffer | undefined {
  return classOf(object)?.memoryOf(object);
}

/** Writes an object that has a {@linkcode memoryOf}. */
export function writeByReference(
  object: object,
  writer: ByteWriter,
  memory: SharedMemoryWriter,
): void {
  const referenceClass = classOf(object)!;
  writer.text(referenceClass.name);
  writer.reference(memory.share(referenceClass.memoryOf(object)!));
}

/** Reads a reference to memory. */
export function readMemory(
  reader: ByteReader,
  memory: SharedMemoryReader,
): SharedArrayBuffer {
  return memory.resolve(reader.size(), reader.size());
}

/** Reads what {@linkcode writeByReference} wrote. */
export function readByReference(
  reader: ByteReader,
  memory: SharedMemoryReader,
): object {
  const name = reader.text();
  const buffer = readMemory(reader, memory);
  const referenceClass = registry.byName.get(name);
  if (referenceClass === undefined) throw new UnknownClassError(name);
  return referenceClass.over(buffer);
}

/** The class of an object, or a class that it extends. */
function classOf(object: object): ReferenceClass | undefined {
  let each = Object.getPrototypeOf(object);
  while (each !== null) {
    const found = registry.byPrototype.get(each);
    if (found !== undefined) return found;
    each = Object.getPrototypeOf(each);
  }
  return undefined;
}

function findRegistry(): Registry {
  const globals = globalThis as { [KEY]?: Registry };
  if (globals[KEY] === undefined) {
    const value: Registry = { byName: new Map(), byPrototype: new Map() };
    Object.defineProperty(globalThis, KEY, { value });
  }
  return globals[KEY]!;
}
