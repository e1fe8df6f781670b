/**
 * The buffers of a worker in which callers find results of their loops.
 *
 * @module
 */

import { Job } from "./job.ts";

/** The smallest buffer for a result; larger ones are this times a power of two. */
const SMALLEST_BYTES = 2 ** 16;

/** A free buffer that was not used for so many help requests is dropped. */
const KEPT_REQUESTS = 16;

/** What the results of one loop refer to. */
interface Held {
  /** The memory of the job. */
  readonly words: WeakRef<SharedArrayBuffer>;
  /** The loop, as its caller counts those that used the memory. */
  readonly loop: number;
  /** Buffers of the user. */
  readonly shared: readonly SharedArrayBuffer[];
  /** The buffer that holds the result itself. */
  readonly own: SharedArrayBuffer | undefined;
}

/** A buffer without a result. */
interface Free {
  readonly buffer: SharedArrayBuffer;
  /** Help requests since it was used last. */
  requests: number;
}

/** Keeps buffers until their callers have read them, and uses its own ones again. */
export class ResultBuffers {
  #held: Held[] = [];
  #free: Free[] = [];

  /**
   * A buffer of at least `byteLength` bytes for the result of a leaf.
   *
   * @throws {RangeError} If there is no memory for it.
   */
  take(byteLength: number): SharedArrayBuffer {
    const bytes = sizeFor(byteLength);
    const index = this.#free.findIndex(({ buffer }) =>
      buffer.byteLength === bytes
    );
    if (index < 0) return new SharedArrayBuffer(bytes);
    return this.#free.splice(index, 1)[0].buffer;
  }

  /**
   * Keeps buffers until the caller of `job` has read the results of its loop.
   *
   * @param shared Buffers of the user.
   * @param own A buffer that {@linkcode ResultBuffers.take} returned.
   */
  hold(
    job: Job,
    shared: readonly SharedArrayBuffer[],
    own: SharedArrayBuffer | undefined,
  ): void {
    const words = new WeakRef(job.memory.words.buffer);
    this.#held.push({ words, loop: job.loop, shared, own });
  }

  /** Releases the buffers of loops that have ended. Call it for each request for help. */
  release(): void {
    if (this.#held.length === 0 && this.#free.length === 0) return;
    this.#free = this.#free.filter((free) => ++free.requests < KEPT_REQUESTS);
    this.#held = this.#held.filter((held) => {
      if (isUnread(held)) return true;
      if (held.own !== undefined) {
        this.#free.push({ buffer: held.own, requests: 0 });
      }
      return false;
    });
  }
}

/** Whether the caller may still read the result. */
function isUnread({ words, loop }: Held): boolean {
  const memory = words.deref();
  return memory !== undefined && Job.loopOf(memory) === loop;
}

function sizeFor(byteLength: number): number {
  let bytes = SMALLEST_BYTES;
  while (bytes < byteLength) bytes *= 2;
  return bytes;
}
