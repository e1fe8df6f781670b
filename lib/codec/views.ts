/**
 * Typed arrays and DataViews: their kinds, and two properties that they do not expose.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as types from "node:util/types";
import { Refusal } from "./errors.ts";
import { isMarked } from "./moved.ts";

/** Up to this size, slice() is the fastest way to copy from shared memory. */
const SLICED_BYTES = 2048;

/** A typed array or DataView. */
export type View = ArrayBufferView<ArrayBufferLike>;
type ViewConstructor = new (
  buffer: ArrayBufferLike,
  byteOffset: number,
  length?: number,
) => View;

/** The index is the kind in a message. Float16Array is last: not every runtime has it. */
const NAMES = [
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "Float16Array",
];
const CONSTRUCTORS = NAMES.map((name) =>
  (globalThis as unknown as Record<string, ViewConstructor>)[name]
);

/** The kind of a Uint8Array. */
export const UINT8 = NAMES.indexOf("Uint8Array");
/** The kind of a `Buffer` of `node:buffer`. */
const NODE_BUFFER = NAMES.length;

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);
/** Returns the class name, whatever the prototype; undefined for a DataView. */
const typedArrayName = Object.getOwnPropertyDescriptor(
  TypedArray,
  Symbol.toStringTag,
)!.get!;

const byteLengthOf = Object.getOwnPropertyDescriptor(TypedArray, "byteLength")!
  .get!;

/** The kind of a view in a message. */
export function viewKind(view: View): number {
  if (Object.getPrototypeOf(view) === Buffer.prototype) return NODE_BUFFER;
  if (types.isUint8Array(view)) return UINT8;
  const name = typedArrayName.call(view);
  return name === undefined ? 0 : NAMES.indexOf(name);
}

/**
 * Number of elements, or bytes of a DataView; 0 for a detached DataView, whose byteLength
 * throws. The encoder then refuses its buffer with a better message.
 */
export function viewLength(view: View): number {
  if ("length" in view) return view.length as number;
  return (view.buffer as ArrayBuffer).detached ? 0 : view.byteLength;
}

/** Creates a view; without a length, it tracks the buffer. */
export function createView(
  kind: number,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number | undefined,
): View {
  if (kind !== NODE_BUFFER) {
    return new CONSTRUCTORS[kind](buffer, byteOffset, length);
  }
  return length === undefined
    // Buffer.from() would not track the length of a resizable buffer.
    ? Object.setPrototypeOf(
      new Uint8Array(buffer, byteOffset),
      Buffer.prototype,
    )
    : Buffer.from(buffer as ArrayBuffer, byteOffset, length);
}

/**
 * Size in bytes of a view that shows all of an ArrayBuffer of fixed length, which is not to be
 * moved; 0 for any other view.
 */
export function wholeByteLength(view: View): number {
  const { buffer } = view;
  if (!(buffer instanceof ArrayBuffer) || buffer.resizable) return 0;
  if (isMarked(buffer)) return 0;
  const { byteLength } = buffer;
  // The byteLength of a detached DataView throws.
  return byteLength !== 0 && view.byteLength === byteLength ? byteLength : 0;
}

/**
 * Size of a Uint8Array that shows all of an ArrayBuffer of fixed length; 0 for any other
 * value, also for one whose properties say something else than its slots.
 */
export function wholeBytesLength(value: object): number {
  if (!types.isUint8Array(value)) return 0;
  if (Object.getPrototypeOf(value) !== Uint8Array.prototype) return 0;
  const length = wholeByteLength(value);
  return length === slotByteLength(value) ? length : 0;
}

/** Size of a typed array, also if it has another property of that name. */
export function slotByteLength(array: object): number {
  return byteLengthOf.call(array);
}

/** Copies `byteLength` bytes into a new view of the given kind. */
export function copyAsView(
  kind: number,
  bytes: Uint8Array,
  at: number,
  byteLength: number,
): View {
  const end = at + byteLength;
  // slice() creates no view of the source, but copies many bytes of shared memory slowly.
  const copy = byteLength <= SLICED_BYTES
    ? bytes.slice(at, end)
    // A copy of an array, because a new ArrayBuffer would be zeroed first.
    : new Uint8Array(bytes.subarray(at, end));
  if (kind === UINT8) return copy;
  const { buffer } = copy;
  return kind === NODE_BUFFER
    ? Buffer.from(buffer)
    : new CONSTRUCTORS[kind](buffer, 0);
}

/** Whether the view is outside its buffer, which was resized or detached. */
function isOutOfBounds(view: View): boolean {
  try {
    // Both check the bounds first.
    if (view instanceof DataView) view.byteLength;
    else TypedArray.at.call(view, 0);
    return false;
  } catch {
    return true;
  }
}

/** Throws if the view is outside its buffer. */
export function checkBounds(view: View): void {
  if (isOutOfBounds(view)) {
    throw new Refusal(
      "a view outside of its resized buffer, which cannot be cloned; pass a view of what is there",
    );
  }
}

/** Whether the length of the view tracks the length of its buffer. */
export function tracksLength(view: View): boolean {
  const { buffer, byteOffset, byteLength } = view;
  const end = byteOffset + byteLength;
  if (buffer instanceof SharedArrayBuffer) {
    // This cannot be tested without growing the buffer. A view up to the end usually does.
    return buffer.growable && end === buffer.byteLength;
  }
  // The end of a tracking view is rounded down to a whole element.
  if (!buffer.resizable || buffer.byteLength - end >= 8) return false;
  // Resize a copy to find out. After growing, an empty view that tracks is no longer empty.
  // After shrinking to its offset, a view that does not track is out of bounds.
  const copy = structuredClone(view);
  (copy.buffer as ArrayBuffer).resize(
    byteLength === 0 ? buffer.maxByteLength : byteOffset,
  );
  return byteLength === 0 ? copy.byteLength > 0 : !isOutOfBounds(copy);
}
