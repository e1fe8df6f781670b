/**
 * Bytes that wait for more.
 *
 * @module
 */

const LEAST_BYTES = 4096;

/** A first-in, first-out queue of bytes, in one piece of memory. */
export class ByteQueue {
  #memory = new Uint8Array(0);
  #start = 0;
  #end = 0;

  /** Number of bytes. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The bytes, until the queue is changed. */
  get view(): Uint8Array<ArrayBuffer> {
    return this.#memory.subarray(this.#start, this.#end);
  }

  /** Appends a copy of bytes. */
  push(bytes: Uint8Array): void {
    if (this.#end + bytes.length > this.#memory.length) {
      this.#makeRoom(bytes.length);
    }
    this.#memory.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /** Removes the first bytes. */
  drop(count: number): void {
    this.#start += count;
    if (this.#start === this.#end) this.#start = this.#end = 0;
  }

  /** Moves the bytes to the front; at least doubles a memory that is too small for that. */
  #makeRoom(count: number): void {
    const { view, length } = this;
    if (2 * (length + count) > this.#memory.length) {
      const size = Math.max(2 * (length + count), LEAST_BYTES);
      this.#memory = new Uint8Array(size);
      this.#memory.set(view);
    } else this.#memory.copyWithin(0, this.#start, this.#end);
    this.#start = 0;
    this.#end = length;
  }
}
