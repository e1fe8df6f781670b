/**
 * Batches of files in shared memory, to send to a worker.
 *
 * @module
 */

import { MAX_FILE_BYTES } from "./files.ts";

/** Size of a batch, so that it has room for any file. */
const BATCH_BYTES = MAX_FILE_BYTES;

/** The contents of several files, one after another. */
export class Batch {
  readonly #memory: Uint8Array;
  readonly #enoughBytes: number;
  #length = 0;
  #ends: number[] = [];
  #indices: number[] = [];

  /**
   * @param memory Shared memory, so that a call does not copy it.
   * @param enoughBytes Size from which the batch takes no more files.
   */
  constructor(memory: Uint8Array, enoughBytes: number) {
    this.#memory = memory;
    this.#enoughBytes = enoughBytes;
  }

  /** The bytes in use. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  /** Where each file ends. */
  get ends(): Uint32Array {
    return Uint32Array.from(this.#ends);
  }

  /** Index of each file. */
  get indices(): readonly number[] {
    return this.#indices;
  }

  /** Appends a file; returns false if it does not fit, or the batch has enough bytes. */
  tryAdd(index: number, bytes: Uint8Array): boolean {
    const end = this.#length + bytes.length;
    if (this.#length >= this.#enoughBytes || end > this.#memory.length) {
      return false;
    }
    this.#memory.set(bytes, this.#length);
    this.#length = end;
    this.#ends.push(end);
    this.#indices.push(index);
    return true;
  }

  /** Removes all files. */
  clear(): void {
    this.#length = 0;
    this.#ends = [];
    this.#indices = [];
  }
}

/** A fixed number of batches, which limits how far reading gets ahead of counting. */
export class Batches {
  readonly #free: Batch[];
  readonly #waiting: ((batch: Batch) => void)[] = [];

  constructor(count: number, enoughBytes: number) {
    const memory = new SharedArrayBuffer(count * BATCH_BYTES);
    this.#free = Array.from({ length: count }, (_, i) => {
      const part = new Uint8Array(memory, i * BATCH_BYTES, BATCH_BYTES);
      return new Batch(part, enoughBytes);
    });
  }

  /** Waits for an empty batch. */
  take(): Promise<Batch> {
    const batch = this.#free.pop();
    return batch === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(batch);
  }

  /** Returns an empty batch, or undefined if there is none. */
  tryTake(): Batch | undefined {
    return this.#free.pop();
  }

  /** Returns a batch. */
  release(batch: Batch): void {
    batch.clear();
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(batch);
    else next(batch);
  }
}
