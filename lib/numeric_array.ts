/**
 * Typed arrays over shared memory.
 *
 * @module
 */

/** Every typed array of numbers. */
export type NumberArray<B extends ArrayBufferLike = ArrayBufferLike> =
  | Int8Array<B>
  | Uint8Array<B>
  | Uint8ClampedArray<B>
  | Int16Array<B>
  | Uint16Array<B>
  | Int32Array<B>
  | Uint32Array<B>
  | Float32Array<B>
  | Float64Array<B>;

/** Every typed array of bigints. */
export type BigIntArray<B extends ArrayBufferLike = ArrayBufferLike> =
  | BigInt64Array<B>
  | BigUint64Array<B>;

/** Every typed array. */
export type NumericArray<B extends ArrayBufferLike = ArrayBufferLike> =
  | NumberArray<B>
  | BigIntArray<B>;

/** What the items of a typed array are. */
export type ItemOf<A> = A extends BigIntArray ? bigint : number;

/** The same kind of array over shared memory. */
export type Shared<A> = A extends Int8Array ? Int8Array<SharedArrayBuffer>
  : A extends Uint8Array ? Uint8Array<SharedArrayBuffer>
  : A extends Uint8ClampedArray ? Uint8ClampedArray<SharedArrayBuffer>
  : A extends Int16Array ? Int16Array<SharedArrayBuffer>
  : A extends Uint16Array ? Uint16Array<SharedArrayBuffer>
  : A extends Int32Array ? Int32Array<SharedArrayBuffer>
  : A extends Uint32Array ? Uint32Array<SharedArrayBuffer>
  : A extends Float32Array ? Float32Array<SharedArrayBuffer>
  : A extends Float64Array ? Float64Array<SharedArrayBuffer>
  : A extends BigInt64Array ? BigInt64Array<SharedArrayBuffer>
  : A extends BigUint64Array ? BigUint64Array<SharedArrayBuffer>
  : never;

/** The class of a typed array, such as `Float64Array`. */
export interface NumericArrayClass<A extends NumericArray = NumericArray> {
  /** Name of the class. */
  readonly name: string;
  /** Bytes of one item. */
  readonly BYTES_PER_ELEMENT: number;
  /** Views `buffer`. */
  new (buffer: SharedArrayBuffer, byteOffset?: number, length?: number): A;
}

/** A new array of `length` zeroes in memory that all threads see, and `reserve` gives. */
export function allocate<A extends NumericArray>(
  type: NumericArrayClass<A>,
  length: number,
  reserve: (byteLength: number) => SharedArrayBuffer = reserveAnywhere,
): Shared<A> {
  const array: unknown = new type(reserve(length * type.BYTES_PER_ELEMENT));
  return array as Shared<A>;
}

/**
 * The same numbers in memory that all threads see: a copy, or `array` itself when it is
 * there already.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder, shared } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * const cells = shared(new Int32Array([1, 2, 3]));
 * await runtime.spawnCompute((cells: Int32Array) => void (cells[0] = 10), cells);
 * console.log(cells[0]); // 10
 * ```
 */
export function shared<A extends NumericArray>(array: A): Shared<A> {
  const same: unknown = array;
  if (isShared(array)) return same as Shared<A>;
  const copy = allocate(classOf(array), array.length);
  setAll(copy, array);
  return copy as Shared<A>;
}

/** Whether other threads see the array's memory. */
export function isShared(array: NumericArray): boolean {
  return array.buffer instanceof SharedArrayBuffer;
}

function reserveAnywhere(byteLength: number): SharedArrayBuffer {
  return new SharedArrayBuffer(byteLength);
}

/** Copies the items of `source` to the beginning of `target`, of the same kind. */
export function setAll(
  target: NumericArray,
  source: NumericArray,
  at = 0,
): void {
  (target as Float64Array).set(source as Float64Array, at);
}

/** Whether the class holds bigints. */
export function holdsBigInts(type: NumericArrayClass): boolean {
  return type.name.startsWith("Big");
}

/** The class of an array. */
export function classOf<A extends NumericArray>(
  array: A,
): NumericArrayClass<A> {
  return array.constructor as unknown as NumericArrayClass<A>;
}
