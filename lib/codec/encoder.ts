/**
 * From a value to the bytes of a message.
 *
 * @module
 */

import { Encoding } from "./encoding.ts";
import type { SharedMemoryTable } from "./shared_memory.ts";

/**
 * Serialises values with the semantics of structuredClone.
 *
 * An encoder is used for message after message: encode, then copyInto() or
 * takeBytes() once. A getter of the value may use the same encoder for a
 * message of its own, which it must copy before it returns.
 */
export class Encoder {
  readonly #memory: SharedMemoryTable;
  readonly #own: Encoding;
  #busy = false;
  #current: Encoding;

  constructor(memory: SharedMemoryTable) {
    this.#memory = memory;
    this.#own = this.#current = new Encoding(memory);
  }

  /** Bytes of the encoded message: a multiple of 8; 0 once it has been copied. */
  get byteLength(): number {
    return this.#current.byteLength;
  }

  /**
   * Serialises `value`; afterwards {@linkcode byteLength} tells how many bytes
   * copyInto() will write.
   *
   * Throws a DataCloneError that names the path from `label` to what cannot be
   * cloned, or whatever a getter throws.
   */
  encode(value: unknown, label: string): void {
    const encoding = this.#begin();
    try {
      encoding.root(value, label);
      encoding.finish(label);
    } finally {
      this.#end(encoding);
    }
  }

  /** Like encode() for the arguments of one call, labelled "argument 1" and so on. */
  encodeArguments(args: readonly unknown[]): void {
    const encoding = this.#begin();
    try {
      encoding.count(args.length);
      for (let i = 0; i < args.length; i++) {
        encoding.root(args[i], "argument", i + 1);
      }
      encoding.finish("arguments");
    } finally {
      this.#end(encoding);
    }
  }

  /** Writes the message and lets go of it. `byteOffset` is a multiple of 8. */
  copyInto(target: Uint8Array, byteOffset: number): void {
    this.#current.copyInto(target, byteOffset);
    this.#current.release();
  }

  /** The message as a private copy, for a call that has to wait. */
  takeBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.byteLength);
    this.copyInto(bytes, 0);
    return bytes;
  }

  #begin(): Encoding {
    const encoding = this.#busy ? new Encoding(this.#memory) : this.#own;
    this.#busy = true;
    encoding.begin();
    return encoding;
  }

  #end(encoding: Encoding): void {
    // A nested message took our place while a getter ran.
    this.#current = encoding;
    if (encoding === this.#own) this.#busy = false;
    if (encoding.byteLength === 0) encoding.release();
  }
}
