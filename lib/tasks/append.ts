/**
 * Appending to shared memory from several threads at once.
 *
 * @module
 */

/**
 * Adds `count` to a counter of what is taken, unless that makes it more than `max`.
 *
 * @returns The counter before, which is where the reserved part begins; -1 without room.
 */
export function tryReserve(
  words: Int32Array<SharedArrayBuffer>,
  index: number,
  count: number,
  max: number,
): number {
  while (true) {
    const old = Atomics.load(words, index);
    if (old + count > max) return -1;
    // Counter old => old + count: what lies between is this thread's alone.
    const seen = Atomics.compareExchange(words, index, old, old + count);
    if (seen === old) return old;
  }
}

/**
 * Makes `buffer` at least `byteLength` bytes long, and twice as long where its maximum
 * allows that, so that appending little by little rarely grows it.
 *
 * @throws {RangeError} If `byteLength` is more than the maximum.
 */
export function growTo(buffer: SharedArrayBuffer, byteLength: number): void {
  const target = Math.min(byteLength * 2, buffer.maxByteLength);
  while (buffer.byteLength < byteLength) {
    try {
      buffer.grow(Math.max(byteLength, target));
    } catch (error) {
      // grow() refuses to shrink: another thread has made the buffer longer meanwhile.
      if (buffer.byteLength < byteLength) throw error;
    }
  }
}
