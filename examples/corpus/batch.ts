/**
 * Files on their way to a worker, in memory that both sides see.
 *
 * @module
 */

import { MAX_FILE_BYTES } from "./files.ts";

/** A batch has room for any file. */
const BATCH_BYTES = MAX_FILE_BYTES;

/** The contents of some files, one after the other. */
export class Batch {
  readonly #memory: Uint8Array;
  readonly #enoughBytes: number;
  #length = 0;
  #ends: number[] = [];
  #indices: number[] = [];

  /**
   * @param memory Shared, so that a call passes it on without copying.
   * @param enoughBytes From here on the batch takes no more files.
   */
  constructor(memory: Uint8Array, enoughBytes: number) {
    this.#memory = memory;
    this.#enoughBytes = enoughBytes;
  }

  /** Bytes in use. */
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

  /** Appends a file; false when it does not fit, or there is enough already. */
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

  /** Makes room for other files. */
  clear(): void {
    this.#length = 0;
    this.#ends = [];
    this.#indices = [];
  }
}

/** A fixed number of batches. Who reads faster than is counted has to wait for one. */
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

  /** An empty batch, as soon as there is one. */
  take(): Promise<Batch> {
    const batch = this.#free.pop();
    return batch === undefined
      ? new Promise((resolve) => this.#waiting.push(resolve))
      : Promise.resolve(batch);
  }

  /** An empty batch, if there is one. */
  tryTake(): Batch | undefined {
    return this.#free.pop();
  }

  /** Hands a batch back. */
  give(batch: Batch): void {
    batch.clear();
    const next = this.#waiting.shift();
    if (next === undefined) this.#free.push(batch);
    else next(batch);
  }
}
