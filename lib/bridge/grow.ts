/**
 * Growing memory that several threads grow.
 *
 * @module
 */

/**
 * Makes `buffer` at least `byteLength` bytes long, and twice as long where its maximum
 * allows that, so that appending little by little grows it seldom.
 *
 * @throws RangeError when `byteLength` is more than the maximum.
 */
export function growTo(buffer: SharedArrayBuffer, byteLength: number): void {
  const roomy = Math.min(byteLength * 2, buffer.maxByteLength);
  while (buffer.byteLength < byteLength) {
    try {
      buffer.grow(Math.max(byteLength, roomy));
    } catch (error) {
      // grow() refuses to shrink: another thread has made it longer meanwhile.
      if (buffer.byteLength < byteLength) throw error;
    }
  }
}
