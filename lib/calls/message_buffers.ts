/**
 * The SharedArrayBuffers of one message, on either side.
 *
 * @module
 */

import type {
  SharedMemoryReader,
  SharedMemoryWriter,
} from "../codec/shared_memory.ts";
import type { SharedBuffers } from "./shared_buffers.ts";

/**
 * Buffers that came with the arguments of a call, and the caller's references to them. The
 * caller keeps them until the call is settled, so its result may use the same references.
 */
export type Loans = ReadonlyMap<SharedArrayBuffer, number>;

/** The buffers that a message names while it is written. */
export class SentBuffers implements SharedMemoryWriter {
  readonly #buffers: SharedBuffers;
  readonly #targets: readonly number[];
  readonly #loans: Loans | null;
  /** Buffers to keep until the message is read; null when it names none of this thread's. */
  held: SharedArrayBuffer[] | null = null;

  /**
   * @param targets Threads that may read the message.
   * @param loans What came with the call of which this message is the result.
   */
  constructor(
    buffers: SharedBuffers,
    targets: readonly number[],
    loans: Loans | null = null,
  ) {
    this.#buffers = buffers;
    this.#targets = targets;
    this.#loans = loans;
  }

  share(buffer: SharedArrayBuffer): number {
    const lent = this.#loans?.get(buffer);
    if (lent !== undefined) return lent;
    (this.held ??= []).push(buffer);
    return this.#buffers.share(buffer, this.#targets);
  }
}

/** The buffers that the arguments of a call name. */
export class ReceivedBuffers implements SharedMemoryReader {
  readonly #buffers: SharedBuffers;
  /** Buffers of other threads that were found so far; null when there are none. */
  loans: Map<SharedArrayBuffer, number> | null = null;

  constructor(buffers: SharedBuffers) {
    this.#buffers = buffers;
  }

  resolve(reference: number): SharedArrayBuffer {
    const buffer = this.#buffers.resolve(reference);
    if (!this.#buffers.isOwn(reference)) {
      (this.loans ??= new Map()).set(buffer, reference);
    }
    return buffer;
  }
}
