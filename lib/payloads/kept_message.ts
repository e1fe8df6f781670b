/**
 * A message in private memory.
 *
 * @module
 */

import { type EncodedMessage, toBytes } from "../codec/encoder.ts";
import type { KeptPayload } from "./payload_kinds.ts";

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

/** Copies a message into private memory, to place it later. */
export function keepMessage(
  message: EncodedMessage,
  kind: number,
): KeptPayload {
  return { kind, number: 0, bytes: toBytes(message) };
}
