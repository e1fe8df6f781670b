/**
 * A codec without cycles, classes or checks: numbers, strings, booleans, null, undefined,
 * Uint8Arrays, arrays and plain objects.
 *
 * A value is a tag byte and what the tag says. An object is the number of its shape (its
 * keys in order) and its values. A codec numbers shapes as it first writes them, so two
 * codecs that wrote the same values in the same order read each other's objects.
 *
 * @module
 */

/** The memory that values are written to. */
export type Bytes = Uint8Array<SharedArrayBuffer>;

const INT = 1, FLOAT = 2, LATIN1 = 3, UTF16 = 4, UTF8 = 5;
const BYTES = 6, ARRAY = 7, OBJECT = 8;
const NULL = 9, UNDEFINED = 10, TRUE = 11, FALSE = 12;

/** Longer text goes through the runtime's own transcoder. */
const SHORT_TEXT = 256;
/** Up to this length, appending one character at a time is faster. */
const TINY_TEXT = 24;
const SCRATCH_BYTES = 4 << 20;

/** One key of a shape; the path from the root to a node is a shape. */
interface ShapeNode {
  readonly keys: readonly string[];
  readonly next: Map<string, ShapeNode>;
  /** The key after this one in the last object, and its node. */
  lastKey: string | undefined;
  last: ShapeNode | undefined;
  /** The number of the shape that ends here; -1 until an object has it. */
  id: number;
}

type Maker = (codec: Codec, bytes: Bytes) => unknown;

/** Writes and reads values. */
export class Codec {
  readonly #root = shapeNode([]);
  readonly #makers: Maker[] = [];
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder();
  readonly #scratch = new Uint8Array(SCRATCH_BYTES);
  readonly #float = new Float64Array(1);
  readonly #floatBytes = new Uint8Array(this.#float.buffer);
  #at = 0;

  /** Writes a value at `at`; returns where it ends. */
  write(bytes: Bytes, at: number, value: unknown): number {
    switch (typeof value) {
      case "number":
        return this.#writeNumber(bytes, at, value);
      case "string":
        return value.length > SHORT_TEXT
          ? this.#writeLong(bytes, at, value)
          : this.#writeShort(bytes, at, value);
      case "boolean":
        bytes[at] = value ? TRUE : FALSE;
        return at + 1;
      case "undefined":
        bytes[at] = UNDEFINED;
        return at + 1;
    }
    if (value === null) {
      bytes[at] = NULL;
      return at + 1;
    }
    if (value instanceof Uint8Array) return writeBytes(bytes, at, value);
    if (Array.isArray(value)) return this.#writeArray(bytes, at, value);
    return this.#writeObject(bytes, at, value as Record<string, unknown>);
  }

  /** Reads the value at `at`. */
  read(bytes: Bytes, at: number): unknown {
    this.#at = at;
    return this.next(bytes);
  }

  /** Reads the value after the last one that was read. */
  next(bytes: Bytes): unknown {
    const at = this.#at;
    switch (bytes[at]) {
      case INT:
        this.#at = at + 5;
        return readInt32(bytes, at + 1);
      case FLOAT:
        return this.#readFloat(bytes, at);
      case LATIN1: {
        const length = readUint16(bytes, at + 1);
        this.#at = at + 3 + length;
        return latin1(bytes, at + 3, length);
      }
      case UTF16:
        return this.#readUtf16(bytes, at);
      case UTF8:
        return this.#readLong(bytes, at);
      case BYTES:
        return this.#readBytes(bytes, at);
      case ARRAY:
        return this.#readArray(bytes, at);
      case OBJECT:
        this.#at = at + 3;
        return this.#makers[readUint16(bytes, at + 1)](this, bytes);
      case NULL:
        this.#at = at + 1;
        return null;
      case UNDEFINED:
        this.#at = at + 1;
        return undefined;
      default:
        this.#at = at + 1;
        return bytes[at] === TRUE;
    }
  }

  #writeNumber(bytes: Bytes, at: number, value: number): number {
    if ((value | 0) === value && !Object.is(value, -0)) {
      bytes[at] = INT;
      writeInt32(bytes, at + 1, value);
      return at + 5;
    }
    this.#float[0] = value;
    const from = this.#floatBytes;
    bytes[at] = FLOAT;
    bytes[at + 1] = from[0];
    bytes[at + 2] = from[1];
    bytes[at + 3] = from[2];
    bytes[at + 4] = from[3];
    bytes[at + 5] = from[4];
    bytes[at + 6] = from[5];
    bytes[at + 7] = from[6];
    bytes[at + 8] = from[7];
    return at + 9;
  }

  #readFloat(bytes: Bytes, at: number): number {
    const to = this.#floatBytes;
    to[0] = bytes[at + 1];
    to[1] = bytes[at + 2];
    to[2] = bytes[at + 3];
    to[3] = bytes[at + 4];
    to[4] = bytes[at + 5];
    to[5] = bytes[at + 6];
    to[6] = bytes[at + 7];
    to[7] = bytes[at + 8];
    this.#at = at + 9;
    return this.#float[0];
  }

  #writeShort(bytes: Bytes, at: number, text: string): number {
    const { length } = text;
    bytes[at] = LATIN1;
    writeUint16(bytes, at + 1, length);
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255) return writeUtf16(bytes, at, text);
      bytes[at + 3 + i] = code;
    }
    return at + 3 + length;
  }

  #readUtf16(bytes: Bytes, at: number): string {
    const length = readUint16(bytes, at + 1);
    let text = "";
    for (let i = 0; i < length; i++) {
      text += String.fromCharCode(readUint16(bytes, at + 3 + 2 * i));
    }
    this.#at = at + 3 + 2 * length;
    return text;
  }

  /** The transcoder takes no shared memory, so the text passes through `#scratch`. */
  #writeLong(bytes: Bytes, at: number, text: string): number {
    const { written } = this.#encoder.encodeInto(text, this.#scratch);
    bytes[at] = UTF8;
    writeInt32(bytes, at + 1, written);
    bytes.set(this.#scratch.subarray(0, written), aligned(at));
    return aligned(at) + written;
  }

  #readLong(bytes: Bytes, at: number): string {
    const length = readInt32(bytes, at + 1);
    const start = aligned(at);
    this.#at = start + length;
    const copy = this.#scratch.subarray(0, length);
    copy.set(bytes.subarray(start, start + length));
    return this.#decoder.decode(copy);
  }

  #readBytes(bytes: Bytes, at: number): Uint8Array {
    const length = readInt32(bytes, at + 1);
    const start = aligned(at);
    this.#at = start + length;
    const copy = new Uint8Array(length);
    copy.set(bytes.subarray(start, start + length));
    return copy;
  }

  #writeArray(bytes: Bytes, at: number, values: readonly unknown[]): number {
    bytes[at] = ARRAY;
    writeUint16(bytes, at + 1, values.length);
    let end = at + 3;
    for (let i = 0; i < values.length; i++) {
      end = this.write(bytes, end, values[i]);
    }
    return end;
  }

  #readArray(bytes: Bytes, at: number): unknown[] {
    const values = new Array(readUint16(bytes, at + 1));
    this.#at = at + 3;
    for (let i = 0; i < values.length; i++) values[i] = this.next(bytes);
    return values;
  }

  #writeObject(
    bytes: Bytes,
    at: number,
    object: Record<string, unknown>,
  ): number {
    let node = this.#root;
    let end = at + 3;
    for (const key in object) {
      node = node.lastKey === key ? node.last! : follow(node, key);
      end = this.write(bytes, end, object[key]);
    }
    if (node.id < 0) {
      node.id = this.#makers.length;
      this.#makers.push(maker(node.keys));
    }
    bytes[at] = OBJECT;
    writeUint16(bytes, at + 1, node.id);
    return end;
  }
}

function shapeNode(keys: readonly string[]): ShapeNode {
  const next = new Map<string, ShapeNode>();
  return { keys, next, lastKey: undefined, last: undefined, id: -1 };
}

function follow(node: ShapeNode, key: string): ShapeNode {
  let next = node.next.get(key);
  if (next === undefined) {
    next = shapeNode([...node.keys, key]);
    node.next.set(key, next);
  }
  node.lastKey = key;
  node.last = next;
  return next;
}

/** An object literal of that shape: the engine makes it in one step. */
function maker(keys: readonly string[]): Maker {
  const entries = keys.map((key) =>
    `${JSON.stringify(key)}: codec.next(bytes)`
  );
  return new Function("codec", "bytes", `return { ${entries} };`) as Maker;
}

/** Where bytes begin: V8 copies shared memory several times as fast when aligned. */
function aligned(at: number): number {
  return (at + 12) & ~7;
}

function writeBytes(bytes: Bytes, at: number, value: Uint8Array): number {
  bytes[at] = BYTES;
  writeInt32(bytes, at + 1, value.length);
  bytes.set(value, aligned(at));
  return aligned(at) + value.length;
}

function writeUtf16(bytes: Bytes, at: number, text: string): number {
  bytes[at] = UTF16;
  for (let i = 0; i < text.length; i++) {
    writeUint16(bytes, at + 3 + 2 * i, text.charCodeAt(i));
  }
  return at + 3 + 2 * text.length;
}

function latin1(bytes: Bytes, at: number, length: number): string {
  if (length > TINY_TEXT) {
    const codes = bytes.subarray(at, at + length) as unknown as number[];
    return String.fromCharCode.apply(null, codes);
  }
  let text = "";
  for (let i = 0; i < length; i++) text += String.fromCharCode(bytes[at + i]);
  return text;
}

function writeUint16(bytes: Bytes, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
}

function readUint16(bytes: Bytes, at: number): number {
  return bytes[at] | bytes[at + 1] << 8;
}

function writeInt32(bytes: Bytes, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value >> 16;
  bytes[at + 3] = value >> 24;
}

function readInt32(bytes: Bytes, at: number): number {
  return bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 |
    bytes[at + 3] << 24;
}
