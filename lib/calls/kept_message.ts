/**
 * A message in private memory.
 *
 * @module
 */

import type { EncodedMessage } from "../codec/encoder.ts";

/** The message of a kept payload. */
export class KeptMessage implements EncodedMessage {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get byteLength(): number {
    return this.#bytes.length;
  }

  copyInto(target: Uint8Array, byteOffset: number): void {
    target.set(this.#bytes, byteOffset);
  }

  discard(): void {}
}
