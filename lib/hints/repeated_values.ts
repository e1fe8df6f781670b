/**
 * Large values that are copied for one call after another.
 *
 * @module
 */

/** A value of fewer bytes is not large. */
const LARGE_BYTES = 1 << 20;
/** The same value in so many calls is worth a hint. */
const MANY = 20;

/** A value that was sent again and again. */
export interface RepeatedValue {
  /** What it is, such as `Float64Array`. */
  readonly kind: string;
  /** How many calls had it. */
  readonly count: number;
  /** Its size, or that of all values of the last call. */
  readonly bytes: number;
}

/** Counts in how many calls the same large value was copied. */
export class RepeatedValues {
  readonly #counts = new WeakMap<object, number>();

  /**
   * Counts the values of a call.
   *
   * @param bytes How many bytes they took together, at least as many as are large.
   * @returns The first of them that has now been in so many calls; else undefined.
   */
  note(values: readonly unknown[], bytes: number): RepeatedValue | undefined {
    let found: RepeatedValue | undefined;
    for (const [value, size] of largeOnes(values, bytes)) {
      const count = (this.#counts.get(value) ?? 0) + 1;
      this.#counts.set(value, count);
      if (count !== MANY) continue;
      const kind = value.constructor?.name || "object";
      found ??= { kind, count, bytes: size };
    }
    return found;
  }
}

/** The values that are known to be large. */
function largeOnes(
  values: readonly unknown[],
  bytes: number,
): (readonly [object, number])[] {
  const objects = values.filter((value) =>
    typeof value === "object" && value !== null
  );
  // How large other objects are is known only of one that is alone.
  if (objects.length === 1 && !isMemory(objects[0])) {
    return [[objects[0], bytes]];
  }
  return objects.filter(isMemory).filter(({ byteLength }) =>
    byteLength >= LARGE_BYTES
  ).map((memory) => [memory, memory.byteLength] as const);
}

function isMemory(value: object): value is ArrayBuffer | ArrayBufferView {
  if (value instanceof SharedArrayBuffer) return false;
  return value instanceof ArrayBuffer ||
    (ArrayBuffer.isView(value) && !(value.buffer instanceof SharedArrayBuffer));
}
