/**
 * From a value to the bytes of a message.
 *
 * @module
 */

import { Encoding } from "./encoding.ts";
import type { SharedMemoryWriter } from "./shared_memory.ts";

/** A serialised value that is not copied into shared memory yet. */
export interface EncodedMessage {
  /** Bytes of the message: a multiple of 8. */
  readonly byteLength: number;
  /** Writes the message and frees what it holds. `byteOffset` is a multiple of 8. */
  copyInto(target: Uint8Array, byteOffset: number): void;
  /** Frees what a message holds that is not copied. */
  discard(): void;
}

/**
 * Serialises values with the semantics of structuredClone.
 *
 * An encoder is used for message after message. Copy or discard each before the next one is
 * encoded. A getter of the value may use the same encoder for a message of its own.
 */
export class Encoder {
  readonly #own = new Encoding();
  #busy = false;

  /**
   * Serialises one value.
   *
   * @param label Names the value in errors.
   * @param memory Numbers the SharedArrayBuffers of this message.
   * @throws A DataCloneError that names the path from `label` to what cannot be cloned, or
   * whatever a getter throws.
   */
  encode(
    value: unknown,
    label: string,
    memory: SharedMemoryWriter,
  ): EncodedMessage {
    const encoding = this.#next();
    try {
      encoding.begin(memory);
      encoding.root(value, label);
      encoding.finish(label);
    } finally {
      // Without a call, which could fail near the end of the stack.
      if (encoding === this.#own) this.#busy = false;
      if (encoding.byteLength === 0) encoding.discard();
    }
    return encoding;
  }

  /** Like encode() for the arguments of one call, labelled "argument 1" and so on. */
  encodeArguments(
    args: readonly unknown[],
    memory: SharedMemoryWriter,
  ): EncodedMessage {
    const encoding = this.#next();
    try {
      encoding.begin(memory);
      encoding.count(args.length);
      for (let i = 0; i < args.length; i++) {
        encoding.root(args[i], "argument", i + 1);
      }
      encoding.finish("arguments");
    } finally {
      // Without a call, which could fail near the end of the stack.
      if (encoding === this.#own) this.#busy = false;
      if (encoding.byteLength === 0) encoding.discard();
    }
    return encoding;
  }

  #next(): Encoding {
    // A getter of the message that is being encoded sends a message of its own.
    const encoding = this.#busy ? new Encoding() : this.#own;
    this.#busy = true;
    return encoding;
  }
}

/** A copy of the message in memory of its own, for a call that has to wait. */
export function toBytes(message: EncodedMessage): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(message.byteLength);
  message.copyInto(bytes, 0);
  return bytes;
}
