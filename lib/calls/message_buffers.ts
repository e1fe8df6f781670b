/**
 * The SharedArrayBuffers of one message, for its sender and for its receiver.
 *
 * @module
 */

import type {
  SharedMemoryReader,
  SharedMemoryWriter,
  SharedReference,
} from "../codec/shared_memory.ts";
import type { SharedBuffers } from "./shared_buffers.ts";

/**
 * Buffers in the arguments of a call, with the caller's references to them. The caller keeps
 * these buffers until the call is settled, so its result may use the same references.
 */
export type Loans = ReadonlyMap<SharedArrayBuffer, SharedReference>;

/** The buffers of a message that is being written. */
export class SentBuffers implements SharedMemoryWriter {
  readonly #buffers: SharedBuffers;
  readonly #targets: readonly number[];
  readonly #loans: Loans | null;
  /** Buffers to keep until the message is read; null when there are none. */
  held: SharedArrayBuffer[] | null = null;

  /**
   * @param targets Threads that may read the message.
   * @param loans Buffers of the call, when this message is its result.
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

  share(buffer: SharedArrayBuffer): SharedReference {
    const loan = this.#loans?.get(buffer);
    if (loan !== undefined) return loan;
    (this.held ??= []).push(buffer);
    return this.#buffers.share(buffer, this.#targets);
  }
}

/** The buffers of a message that is being read. */
export class ReceivedBuffers implements SharedMemoryReader {
  readonly #buffers: SharedBuffers;
  /** Buffers of other threads among them; null when there are none. */
  loans: Map<SharedArrayBuffer, SharedReference> | null = null;

  constructor(buffers: SharedBuffers) {
    this.#buffers = buffers;
  }

  resolve(sender: number, number: number): SharedArrayBuffer {
    const buffer = this.#buffers.resolve(sender, number);
    if (!this.#buffers.isOwn(sender)) {
      (this.loans ??= new Map()).set(buffer, { sender, number });
    }
    return buffer;
  }
}
