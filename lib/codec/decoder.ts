/**
 * Reads a value from the bytes of a message.
 *
 * @module
 */

import { defineProperty } from "./clone_error.ts";
import { checkDepth, corrupt, explainCorrupt } from "./corrupt.ts";
import {
  type ErrorReader,
  readError,
  readErrorContents,
} from "./error_reader.ts";
import { NO_SHARED_MEMORY, type SharedMemoryReader } from "./shared_memory.ts";
import { NumberedObjects } from "./numbered.ts";
import { ByteReader } from "./reader.ts";
import { NO_SHAPES, ReadShapes, type ShapeStore } from "./known_shapes.ts";
import { readLeaf } from "./leaf_reader.ts";
import type { Fields } from "./shaped_objects.ts";
import { ShapeTable } from "./shapes.ts";
import * as tag from "./tags.ts";
import { createView, type View } from "./views.ts";

/** A depth at which no object is allowed. */
const PRIMITIVES_ONLY = Infinity;

/** A container whose contents follow after the value that contains it. */
interface Deferred {
  readonly kind: number;
  readonly target: object;
}

/** Reads messages that an {@linkcode Encoder} wrote. One decoder reads many messages. */
export class Decoder implements ErrorReader {
  #memory: SharedMemoryReader = NO_SHARED_MEMORY;
  /** Where the message is read from. */
  readonly reader = new ByteReader();
  readonly #objects = new NumberedObjects();
  readonly #shapes = new ShapeTable();
  readonly #known: ReadShapes;
  readonly #deferred: Deferred[] = [];
  #isAbsent = false;

  /** @param store Where the encoder's shapes are found. */
  constructor(store: ShapeStore = NO_SHAPES) {
    this.#known = new ReadShapes(store);
  }

  /**
   * Reads the value of the message at `byteOffset`. It shares no memory with `source`.
   *
   * @param byteLength Size of the message. Nothing beyond it becomes part of the value.
   * @param memory Resolves the SharedArrayBuffers in the message.
   * @throws An error whose message begins with "Cannot decode message" if the bytes are not
   * those of an {@linkcode Encoder}, or what `memory` throws.
   */
  decode(
    source: Uint8Array,
    byteOffset: number,
    byteLength: number,
    memory: SharedMemoryReader,
  ): unknown {
    try {
      this.#memory = memory;
      this.reader.openMessage(source, byteOffset, byteLength);
      const value = this.#root();
      this.reader.checkEnd();
      return value;
    } catch (problem) {
      throw explainCorrupt(problem);
    } finally {
      this.#close();
    }
  }

  /** Reads a message of {@linkcode Encoder.encodeArguments}, or of `encodeItems()`. */
  decodeArguments(
    source: Uint8Array,
    byteOffset: number,
    byteLength: number,
    memory: SharedMemoryReader,
    areItems: boolean = false,
  ): unknown[] {
    try {
      this.#memory = memory;
      this.reader.openMessage(source, byteOffset, byteLength);
      const count = this.reader.count(1);
      // A literal: an array that grows by push() allocates room for many elements.
      const args: unknown[] = count === 0 ? [] : [this.#root()];
      for (let i = 1; i < count; i++) {
        if (areItems) this.#objects.clear();
        args.push(this.#root());
      }
      this.reader.checkEnd();
      return args;
    } catch (problem) {
      throw explainCorrupt(problem);
    } finally {
      this.#close();
    }
  }

  #close(): void {
    this.#isAbsent = false;
    this.#memory = NO_SHARED_MEMORY;
    this.reader.close();
    this.#shapes.truncate(0);
    this.#objects.clear();
    if (this.#deferred.length > 0) this.#deferred.length = 0;
  }

  #root(): unknown {
    const value = this.value(0);
    if (this.#deferred.length > 0) {
      // The list grows during the loop, as in the encoder.
      for (const { kind, target } of this.#deferred) {
        this.#fill(kind, target, 0);
      }
      this.#deferred.length = 0;
    }
    return value;
  }

  /** Reads a value; `depth` is the number of containers around it. */
  value(depth: number): unknown {
    const reader = this.reader;
    const kind = reader.byte();
    if (kind >= tag.SMALL_INTEGER) return kind - tag.SMALL_INTEGER;
    // The most frequent kinds, before the comparisons of the switch.
    if (kind === tag.STRING) return reader.text();
    if (kind === tag.SHAPED || kind === tag.SHAPED_OPEN) {
      return this.#shaped(kind, depth + 1);
    }
    switch (kind) {
      case tag.UNDEFINED:
        return undefined;
      case tag.NULL:
        return null;
      case tag.TRUE:
        return true;
      case tag.FALSE:
        return false;
      case tag.INTEGER: {
        const zigzag = reader.varint();
        return (zigzag >>> 1) ^ -(zigzag & 1);
      }
      case tag.FLOAT:
        return reader.float();
      case tag.BIGINT64:
        return reader.bigint64();
      case tag.BIGINT: {
        const negative = reader.byte() === 1;
        const magnitude = BigInt(`0x${reader.text()}`);
        return negative ? -magnitude : magnitude;
      }
      case tag.LONG_TEXT:
        return this.reader.longText();
      case tag.REFERENCE:
        return this.#reference();
      case tag.ABSENT:
        this.#isAbsent = true;
        return undefined;
      case tag.LATER: {
        const kind = reader.byte();
        const target = this.#register(this.#create(kind));
        this.#deferred.push({ kind, target });
        return target;
      }
      default: {
        if (kind > tag.ERROR && depth !== PRIMITIVES_ONLY) {
          return this.#leaf(kind);
        }
        const target = this.#register(this.#create(kind));
        this.#fill(kind, target, depth + 1);
        return target;
      }
    }
  }

  #shaped(kind: number, depth: number): object {
    checkDepth(depth);
    const shape = this.#known.get(this.reader.varint());
    const number = this.#objects.add(this.#objects);
    let object = kind === tag.SHAPED ? shape.read(this, depth) : undefined;
    if (object !== undefined) {
      this.reader.checkEnd();
      this.#objects.replace(number, object);
      return object;
    }
    object = {};
    this.#objects.replace(number, object);
    this.#assign(object as Fields, shape.names, depth);
    return object;
  }

  #register<T extends object>(object: T): T {
    this.#objects.add(object);
    return object;
  }

  #reference(): object {
    const number = this.reader.varint();
    const object = this.#objects.get(number);
    // A view is numbered before it is read, with the table itself in its place.
    if (object === undefined || object === this.#objects) {
      throw corrupt("it refers to an object that it does not contain");
    }
    // A whole view also has the number of its buffer.
    return object === this.#objects.get(number - 1)
      ? (object as View).buffer
      : object;
  }

  /** Whether the undefined that was read last stands for no value. */
  #takeAbsent(): boolean {
    const isAbsent = this.#isAbsent;
    this.#isAbsent = false;
    return isAbsent;
  }

  /** Creates an empty container first, because its contents may refer to it. */
  #create(kind: number): object {
    switch (kind) {
      case tag.OBJECT:
        return {};
      case tag.ARRAY:
        return [];
      case tag.MAP:
        return new Map();
      case tag.SET:
        return new Set();
      case tag.ERROR:
        return readError(this.reader);
      default:
        throw corrupt(`${kind} is not the tag of a container`);
    }
  }

  #fill(kind: number, target: object, depth: number): void {
    checkDepth(depth);
    switch (kind) {
      case tag.OBJECT:
        this.#properties(target as Fields, depth);
        return;
      case tag.ARRAY:
        this.#elements(target as unknown[], depth);
        break;
      case tag.MAP:
        this.#entries(target as Map<unknown, unknown>, depth);
        break;
      case tag.SET:
        for (let count = this.reader.count(1); count > 0; count--) {
          (target as Set<unknown>).add(this.value(depth));
        }
        break;
      default:
        readErrorContents(target as Error, this, depth);
    }
    this.reader.checkEnd();
  }

  #entries(map: Map<unknown, unknown>, depth: number): void {
    for (let count = this.reader.count(2); count > 0; count--) {
      map.set(this.value(depth), this.value(depth));
    }
  }

  #properties(object: Fields, depth: number): void {
    checkDepth(depth);
    this.#assign(object, this.#shape(), depth);
  }

  #assign(
    object: Fields,
    keys: readonly string[],
    depth: number,
  ): void {
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      // Assignment is fastest, but it would set the prototype for __proto__, and run a
      // setter that was defined on Object.prototype.
      const value = this.value(depth);
      if (value === undefined && this.#takeAbsent()) continue;
      if (key in Object.prototype) defineProperty(object, key, value, true);
      else object[key] = value;
    }
    this.reader.checkEnd();
  }

  #shape(): readonly string[] {
    const reader = this.reader;
    const known = reader.varint() - 1;
    if (known >= 0) {
      const keys = this.#shapes.get(known);
      if (keys === undefined) throw corrupt("it refers to names it lacks");
      return keys;
    }
    const count = reader.count(1);
    this.#shapes.beginKeys(count);
    for (let i = 0; i < count; i++) this.#shapes.setKey(i, reader.key());
    return this.#shapes.endKeys();
  }

  #elements(array: unknown[], depth: number): void {
    const reader = this.reader;
    const length = reader.varint();
    const form = reader.byte();
    if (form === tag.SPARSE) {
      array.length = length;
      for (const key of this.#shape()) {
        const value = this.value(depth);
        if (value === undefined && this.#takeAbsent()) continue;
        defineProperty(array, key, value, true);
      }
      return;
    }
    reader.require(length);
    if (form === tag.NUMBERS_FIRST) {
      const count = reader.uint32();
      reader.require(8 * count);
      for (let n = count; n > 0; n--) array.push(reader.float());
    } else if (form !== tag.DENSE) {
      throw corrupt(`${form} is not a form of an array`);
    }
    while (array.length < length) {
      const value = this.value(depth);
      if (value === undefined && this.#takeAbsent()) array.length++;
      else array.push(value);
    }
  }

  /** Reads an object that has no contents. */
  #leaf(kind: number): object {
    switch (kind) {
      case tag.WRAPPER:
        return this.#wrapper();
      case tag.VIEW:
        return this.#view();
      case tag.WHOLE_VIEW: {
        const view = this.#register(this.reader.wholeView());
        // Also in place of its buffer, which takes time to get on Bun.
        return this.#register(view);
      }
      default:
        return this.#register(
          readLeaf(kind, this.reader, this.#memory, readMessage),
        );
    }
  }

  #wrapper(): object {
    const index = this.#objects.add(this.#objects);
    const value = this.value(PRIMITIVES_ONLY);
    if (typeof value === "object" || value === undefined) {
      throw corrupt("a wrapper in it contains no primitive value");
    }
    const wrapper = Object(value);
    this.#objects.replace(index, wrapper);
    return wrapper;
  }

  #view(): View {
    // The encoder numbered the view before its buffer.
    const index = this.#objects.add(this.#objects);
    const kind = this.reader.byte();
    const byteOffset = this.reader.size();
    const length = this.reader.optionalSize();
    const view = createView(kind, this.#viewedBuffer(), byteOffset, length);
    this.#objects.replace(index, view);
    return view;
  }

  #viewedBuffer(): ArrayBufferLike {
    const kind = this.reader.byte();
    const isBuffer = kind === tag.BUFFER || kind === tag.SHARED_BUFFER ||
      kind === tag.MOVED;
    const buffer = isBuffer
      ? this.#leaf(kind)
      : kind === tag.REFERENCE
      ? this.#reference()
      : undefined;
    if (
      buffer instanceof ArrayBuffer || buffer instanceof SharedArrayBuffer
    ) return buffer;
    throw corrupt("a view in it has no buffer");
  }
}

/** Reads a message that contains no numbers of shapes. */
export function readMessage(...args: Parameters<Decoder["decode"]>): unknown {
  return new Decoder().decode(...args);
}
