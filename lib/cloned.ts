/**
 * The types of values that have been copied to another thread.
 *
 * The helper types recurse lazily where TypeScript allows it: through the properties of
 * objects and the elements of arrays. A recursive type of tuples, maps or sets alone is
 * expanded at once, so a depth limits it.
 *
 * @module
 */

import type { MessagePort as NodeMessagePort } from "node:worker_threads";

/**
 * The type of a copy of a `T`: what a call returns, and what its function receives. For data
 * it is `T` itself.
 *
 * - Methods are missing: an instance of a class arrives as a plain object.
 * - Properties that are functions, symbols or promises are missing, and so are properties
 *   whose key is a symbol. An optional function is `undefined`.
 * - A subclass of `Array`, `Map`, `Set`, `Date`, `RegExp` or a typed array arrives as that
 *   class.
 * - A function, a symbol or a promise cannot be copied: its type is `never`.
 *
 * The type cannot distinguish a getter of a class, which is not copied, from a property. An
 * instance of a class without methods keeps its type, although it arrives as a plain object.
 * Methods of errors are missing too, although an error whose class is registered with
 * {@linkcode registerError} has them.
 *
 * @example Usage
 * ```ts
 * import { type Cloned, LoomBuilder } from "@loom/runtime";
 *
 * class Circle {
 *   constructor(readonly radius: number) {}
 *   area(): number {
 *     return Math.PI * this.radius ** 2;
 *   }
 * }
 *
 * await using runtime = await new LoomBuilder().build();
 * const circle: Cloned<Circle> = await runtime.spawnCompute(
 *   (circle: Circle) => circle,
 *   new Circle(2),
 * );
 * // circle.area() is a type error.
 * console.log(new Circle(circle.radius).area().toFixed(2)); // 12.57
 * ```
 */
export type Cloned<T> = unknown extends T ? T : Simplified<T, Copy<T>>;

/** A copy of an object: its properties, without those that cannot be copied. */
export type ClonedObject<T> = {
  [K in keyof T as CopiedKey<K, T[K]>]: Copy<T[K]>;
};

/** What {@linkcode move} moves. */
export type Movable =
  | ArrayBuffer
  | ArrayBufferView
  | MessagePort
  | NodeMessagePort
  | ReadableStream
  | WritableStream
  | TransformStream
  | Blob;

/** An object that is moved with the next call, or result, that contains it. */
export type Moved<T> = T & MovedMark<T>;

/** Shows that {@linkcode move} has returned an object. */
export interface MovedMark<T> {
  /** Exists in types only. */
  readonly "~moved": T;
}

/**
 * A value that all threads read from one copy in shared memory: see {@linkcode sharedValue}.
 * A copy of it is one too.
 */
export interface SharedValue<T> extends Disposable {
  /** The value, as this thread has it: copied when it is first read. Do not change it. */
  readonly value: T;
  /** Size of the copy in shared memory, in bytes; 0 once it has been disposed. */
  readonly byteLength: number;
  /** Exists in types only. */
  readonly "~shared": T;
  /**
   * Ends the use of the value on this thread. Calls with it that are not settled may still
   * read it; after them, no thread keeps the memory for this one.
   */
  [Symbol.dispose](): void;
}

/**
 * The type `T` if a copy has that type as well: its name is shorter to read.
 *
 * @internal
 */
type Simplified<T, Copied> = [T] extends [Copied]
  ? [Copied] extends [T] ? T : Copied
  : Copied;

/**
 * The type of a copy. `Depth` has one element for each tuple, map or set that directly
 * contains this one.
 *
 * @internal
 */
type Copy<T, Depth extends unknown[] = []> = unknown extends T ? T
  : T extends MovedMark<infer Whole> ? Whole
  : T extends Unchanged ? T
  : T extends Uncopied ? never
  : Depth["length"] extends 5 ? T
  : T extends readonly unknown[] ? CopiedList<T, Depth>
  : T extends Map<infer K, infer V>
    ? Map<Copy<K, [...Depth, 1]>, Copy<V, [...Depth, 1]>>
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<Copy<K, [...Depth, 1]>, Copy<V, [...Depth, 1]>>
  : T extends Set<infer V> ? Set<Copy<V, [...Depth, 1]>>
  : T extends ReadonlySet<infer V> ? ReadonlySet<Copy<V, [...Depth, 1]>>
  : T extends Date ? Date
  : T extends RegExp ? RegExp
  : T extends TypedArray<infer B, infer Name> ? NamedArray<T, B, Name>
  : ClonedObject<T>;

/** An array, a tuple, or a subclass such as the result of `text.match()`. */
type CopiedList<T extends readonly unknown[], Depth extends unknown[]> =
  T[number][] extends T
    ? T extends unknown[] ? Copy<T[number]>[] : readonly Copy<T[number]>[]
    : keyof T extends keyof unknown[] | `${number}` ? CopiedTuple<T, Depth>
    : Copy<T[number]>[] & CopiedExtras<T>;

type CopiedTuple<T extends readonly unknown[], Depth extends unknown[]> = {
  [I in keyof T]: Copy<T[I], [...Depth, 1]>;
};

/** The properties that an array has in addition to its elements. */
type CopiedExtras<T> = {
  [
    K in keyof T as K extends Exclude<keyof unknown[], number> ? never
      : CopiedKey<K, T[K]>
  ]: Copy<T[K]>;
};

/**
 * The key of a property, or `never` if the property is not copied.
 *
 * @internal
 */
type CopiedKey<K, Value> = K extends symbol ? never
  : [Value] extends [never] ? K
  : Value extends MovedMark<unknown> ? K
  : Value extends Uncopied ? never
  : K;

/** Types that are the same on both threads. */
type Unchanged =
  | undefined
  | null
  | void
  | boolean
  | number
  | bigint
  | string
  | BoxedPrimitive
  | ArrayBuffer
  | SharedArrayBuffer
  | DataView<ArrayBufferLike>
  | NodeBuffer
  | URL
  | URLSearchParams
  | SharedValue<unknown>
  | ByReference;

/** Marks a type whose objects cross by reference. There is no such property. */
export declare const crossesByReference: unique symbol;

/** An object over shared memory, which crosses by reference: one of `@loom/runtime/sync`. */
interface ByReference {
  readonly [crossesByReference]: true;
}

/** Objects such as `new Number(1)`. */
// deno-lint-ignore ban-types -- the objects are meant
type BoxedPrimitive = Boolean | Number | BigInt | String;

/** Types that cannot be copied. */
type Uncopied =
  // deno-lint-ignore ban-types -- constructors, too
  | Function
  | symbol
  | Promise<unknown>
  // A Set has all members of a WeakSet, and a size.
  | (WeakMap<WeakKey, unknown> & { readonly size?: undefined })
  | (WeakSet<WeakKey> & { readonly size?: undefined })
  | WeakRef<WeakKey>
  | Generator
  | AsyncGenerator
  | Blob
  | ReadableStream
  | WritableStream
  | Request
  | Response;

/** A `Buffer`, without the types of Node.js, which a program need not have installed. */
interface NodeBuffer extends Uint8Array<ArrayBufferLike> {
  readUIntBE(offset: number, byteLength: number): number;
}

/** The members that all typed arrays have; `Name` is the name of the class. */
interface TypedArray<B extends ArrayBufferLike, Name>
  extends ArrayBufferView<B> {
  readonly BYTES_PER_ELEMENT: number;
  readonly [Symbol.toStringTag]: Name;
}

/** The class of that name; `T` may be a subclass of it. */
type NamedArray<T, B extends ArrayBufferLike, Name> = Name extends
  keyof TypedArrays<B> ? TypedArrays<B>[Name] : T;

interface TypedArrays<B extends ArrayBufferLike> {
  readonly Int8Array: Int8Array<B>;
  readonly Uint8Array: Uint8Array<B>;
  readonly Uint8ClampedArray: Uint8ClampedArray<B>;
  readonly Int16Array: Int16Array<B>;
  readonly Uint16Array: Uint16Array<B>;
  readonly Int32Array: Int32Array<B>;
  readonly Uint32Array: Uint32Array<B>;
  readonly Float32Array: Float32Array<B>;
  readonly Float64Array: Float64Array<B>;
  readonly BigInt64Array: BigInt64Array<B>;
  readonly BigUint64Array: BigUint64Array<B>;
}
