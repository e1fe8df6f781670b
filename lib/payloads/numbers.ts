/**
 * Several numbers as bytes: the payload of KIND_NUMBERS.
 *
 * @module
 */

/** Most numbers of one payload. */
const MAX_NUMBERS = 512;

// Reused: creating a view costs as much as copying some hundred numbers.
const scratch = new Float64Array(MAX_NUMBERS);
const scratchBytes = new Uint8Array(scratch.buffer);

/**
 * The bytes of `values`, which the next call of this function overwrites; undefined unless
 * they are numbers, and not too many.
 */
export function packNumbers(
  values: readonly unknown[],
): Uint8Array<ArrayBuffer> | undefined {
  const { length } = values;
  if (length > MAX_NUMBERS) return undefined;
  for (let i = 0; i < length; i++) {
    const value = values[i];
    if (typeof value !== "number") return undefined;
    scratch[i] = value;
  }
  return scratchBytes.subarray(0, 8 * length);
}

/** Reads numbers that were copied from {@linkcode packNumbers}. */
export function unpackNumbers(
  bytes: Uint8Array,
  at: number,
  byteLength: number,
): number[] {
  scratchBytes.set(bytes.subarray(at, at + byteLength));
  const length = byteLength >> 3;
  const values: number[] = [];
  for (let i = 0; i < length; i++) values.push(scratch[i]);
  return values;
}
