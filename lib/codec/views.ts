/**
 * Typed arrays and DataViews: their kinds and the two questions that they do
 * not answer themselves.
 *
 * @module
 */

export type View = ArrayBufferView<ArrayBufferLike>;
type ViewConstructor = new (
  buffer: ArrayBufferLike,
  byteOffset: number,
  length?: number,
) => View;

/** The index is the number in a message. Float16Array stands last as not every runtime has it. */
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

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);
/** Tells the true kind, whatever the prototype; undefined for a DataView. */
const typedArrayName = Object.getOwnPropertyDescriptor(
  TypedArray,
  Symbol.toStringTag,
)!.get!;

export function viewKind(view: View): number {
  const name = typedArrayName.call(view);
  return name === undefined ? 0 : NAMES.indexOf(name);
}

/**
 * Elements, or bytes of a DataView. A detached DataView throws when asked; the
 * refusal of its buffer says it better.
 */
export function viewLength(view: View): number {
  if ("length" in view) return view.length as number;
  return (view.buffer as ArrayBuffer).detached ? 0 : view.byteLength;
}

export function createView(
  kind: number,
  buffer: ArrayBufferLike,
  byteOffset: number,
  length: number | undefined,
): View {
  return new CONSTRUCTORS[kind](buffer, byteOffset, length);
}

/** True if the view lies outside its buffer, which was resized or detached. */
export function isOutOfBounds(view: View): boolean {
  try {
    // Both check the bounds before anything else.
    if (view instanceof DataView) view.byteLength;
    else TypedArray.at.call(view, 0);
    return false;
  } catch {
    return true;
  }
}

/** True if the view follows its buffer when that is resized. */
export function tracksLength(view: View): boolean {
  const { buffer, byteOffset, byteLength } = view;
  const end = byteOffset + byteLength;
  if (buffer instanceof SharedArrayBuffer) {
    // No way to find out without growing it; a view up to the end nearly always does.
    return buffer.growable && end === buffer.byteLength;
  }
  // The last element may end before a buffer of an odd size does.
  if (!buffer.resizable || buffer.byteLength - end >= 8) return false;
  // Nothing tells but trying, and only a copy may be tried on: grown, one that
  // tracks is no longer empty; shrunk to its offset, one that does not is outside.
  const copy = structuredClone(view);
  (copy.buffer as ArrayBuffer).resize(
    byteLength === 0 ? buffer.maxByteLength : byteOffset,
  );
  return byteLength === 0 ? copy.byteLength > 0 : !isOutOfBounds(copy);
}
