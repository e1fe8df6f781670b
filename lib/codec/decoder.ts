/**
 * Reads a value from the bytes of a message.
 *
 * @module
 */

import { createError, defineHidden } from "./clone_error.ts";
import { NO_SHARED_MEMORY, type SharedMemoryReader } from "./shared_memory.ts";
import { NumberedObjects } from "./numbered.ts";
import { ByteReader } from "./reader.ts";
import { ShapeTable } from "./shapes.ts";
import * as tag from "./tags.ts";
import { createView, type View } from "./views.ts";

/** A container whose contents follow after the value that contains it. */
interface Deferred {
  readonly kind: number;
  readonly target: object;
}

/** Reads messages that an {@linkcode Encoder} wrote. One decoder reads many messages. */
export class Decoder {
  #memory: SharedMemoryReader = NO_SHARED_MEMORY;
  readonly #reader = new ByteReader();
  readonly #objects = new NumberedObjects();
  readonly #shapes = new ShapeTable();
  readonly #deferred: Deferred[] = [];
  #nextAttachment = 0;

  /**
   * Reads the value of the message at `byteOffset`. It shares no memory with `source`.
   *
   * @param memory Resolves the SharedArrayBuffers in the message.
   */
  decode(
    source: Uint8Array,
    byteOffset: number,
    memory: SharedMemoryReader,
  ): unknown {
    try {
      this.#open(source, byteOffset, memory);
      return this.#root();
    } finally {
      this.#close();
    }
  }

  /** Reads a message of {@linkcode Encoder.encodeArguments}. */
  decodeArguments(
    source: Uint8Array,
    byteOffset: number,
    memory: SharedMemoryReader,
  ): unknown[] {
    try {
      this.#open(source, byteOffset, memory);
      const count = this.#reader.varint();
      // A literal: an array that grows by push() allocates room for many elements.
      if (count === 1) return [this.#root()];
      const args: unknown[] = [];
      for (let i = 0; i < count; i++) args.push(this.#root());
      return args;
    } finally {
      this.#close();
    }
  }

  #open(
    source: Uint8Array,
    byteOffset: number,
    memory: SharedMemoryReader,
  ): void {
    this.#memory = memory;
    this.#reader.open(source, byteOffset);
    this.#nextAttachment = byteOffset + tag.align8(this.#reader.uint32());
  }

  #close(): void {
    this.#memory = NO_SHARED_MEMORY;
    this.#reader.close();
    this.#shapes.truncate(0);
    this.#objects.clear();
    if (this.#deferred.length > 0) this.#deferred.length = 0;
  }

  #root(): unknown {
    const value = this.#value();
    if (this.#deferred.length > 0) {
      // The list grows during the loop, as in the encoder.
      for (const { kind, target } of this.#deferred) this.#fill(kind, target);
      this.#deferred.length = 0;
    }
    return value;
  }

  #value(): unknown {
    const reader = this.#reader;
    const kind = reader.byte();
    if (kind >= tag.SMALL_INTEGER) return kind - tag.SMALL_INTEGER;
    // The most frequent kinds, before the comparisons of the switch.
    if (kind === tag.STRING) return reader.text();
    if (kind === tag.OBJECT) {
      const object = {};
      this.#objects.add(object);
      this.#properties(object);
      return object;
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
      case tag.LONG_TEXT: {
        const length = this.#value() as number;
        return this.#reader.textAt(this.#attachment(length), length);
      }
      case tag.REFERENCE:
        return this.#objects.get(reader.varint());
      case tag.LATER: {
        const kind = reader.byte();
        const target = this.#register(this.#create(kind));
        this.#deferred.push({ kind, target });
        return target;
      }
      default: {
        if (kind > tag.ERROR) return this.#leaf(kind);
        const target = this.#register(this.#create(kind));
        this.#fill(kind, target);
        return target;
      }
    }
  }

  #register<T extends object>(object: T): T {
    this.#objects.add(object);
    return object;
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
      default:
        return createError({
          classIndex: this.#reader.byte(),
          name: this.#value() as string | undefined,
          message: this.#value() as string | undefined,
          stack: this.#value() as string | undefined,
        });
    }
  }

  #fill(kind: number, target: object): void {
    switch (kind) {
      case tag.OBJECT:
        return this.#properties(target as Record<string, unknown>);
      case tag.ARRAY:
        return this.#elements(target as unknown[]);
      case tag.MAP:
        for (let count = this.#reader.varint(); count > 0; count--) {
          (target as Map<unknown, unknown>).set(this.#value(), this.#value());
        }
        return;
      case tag.SET:
        for (let count = this.#reader.varint(); count > 0; count--) {
          (target as Set<unknown>).add(this.#value());
        }
        return;
      default:
        return this.#errorContents(target as Error);
    }
  }

  #properties(object: Record<string, unknown>): void {
    const keys = this.#shape();
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      // Assignment is fastest, but it would set the prototype for __proto__, and run a
      // setter that was defined on Object.prototype.
      if (key in Object.prototype) defineProperty(object, key, this.#value());
      else object[key] = this.#value();
    }
  }

  #shape(): readonly string[] {
    const reader = this.#reader;
    const known = reader.varint() - 1;
    if (known >= 0) return this.#shapes.get(known);
    const count = reader.varint();
    this.#shapes.beginKeys(count);
    for (let i = 0; i < count; i++) this.#shapes.setKey(i, reader.key());
    return this.#shapes.endKeys();
  }

  #elements(array: unknown[]): void {
    const reader = this.#reader;
    const length = reader.varint();
    const form = reader.byte();
    if (form === tag.SPARSE) {
      array.length = length;
      for (const key of this.#shape()) {
        defineProperty(array, key, this.#value());
      }
      return;
    }
    if (form === tag.NUMBERS_FIRST) {
      for (let n = reader.uint32(); n > 0; n--) array.push(reader.float());
    }
    while (array.length < length) array.push(this.#value());
  }

  #errorContents(error: Error): void {
    if (this.#reader.byte() === 1) defineHidden(error, "cause", this.#value());
    if (this.#reader.byte() === 1) defineHidden(error, "errors", this.#value());
    while (this.#reader.byte() === 1) {
      const key = this.#reader.key();
      defineProperty(error, key, this.#value());
    }
  }

  /** Reads an object that has no contents. */
  #leaf(kind: number): object {
    const reader = this.#reader;
    switch (kind) {
      case tag.DATE:
        return this.#register(new Date(reader.float()));
      case tag.REGEXP:
        return this.#register(new RegExp(reader.text(), reader.text()));
      case tag.WRAPPER:
        return this.#register(Object(this.#value()));
      case tag.BUFFER:
        return this.#register(this.#buffer());
      case tag.SHARED_BUFFER:
        return this.#register(this.#memory.resolve(
          this.#value() as number,
          this.#value() as number,
        ));
      case tag.VIEW:
        return this.#view();
      default:
        throw new Error(`Cannot decode message: ${kind} is not a tag`);
    }
  }

  #buffer(): ArrayBuffer {
    const flags = this.#reader.byte();
    const byteLength = this.#value() as number;
    const isAttached = (flags & tag.ATTACHED) !== 0;
    if (flags & tag.RESIZABLE) {
      const maxByteLength = this.#value() as number;
      const buffer = new ArrayBuffer(byteLength, { maxByteLength });
      const bytes = new Uint8Array(buffer);
      if (isAttached) {
        this.#reader.copyAt(this.#attachment(byteLength), bytes);
      } else {
        this.#reader.bytesInto(bytes);
      }
      return buffer;
    }
    if (isAttached) {
      return this.#reader.copyOf(this.#attachment(byteLength), byteLength);
    }
    const buffer = new ArrayBuffer(byteLength);
    this.#reader.bytesInto(new Uint8Array(buffer));
    return buffer;
  }

  /** Offset of the next attachment. */
  #attachment(byteLength: number): number {
    const at = this.#nextAttachment;
    this.#nextAttachment += tag.align8(byteLength);
    return at;
  }

  #view(): View {
    // The encoder numbered the view before its buffer.
    const index = this.#objects.add(this.#objects);
    const kind = this.#reader.byte();
    const byteOffset = this.#value() as number;
    const length = this.#value() as number | undefined;
    const buffer = this.#value() as ArrayBufferLike;
    const view = createView(kind, buffer, byteOffset, length);
    this.#objects.replace(index, view);
    return view;
  }
}

function defineProperty(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}
