/**
 * Writes a value as the bytes of a message.
 *
 * @module
 */

import { Encoding } from "./encoding.ts";
import { NO_SHAPES, type ShapeStore, WrittenShapes } from "./known_shapes.ts";
import type { SharedMemoryWriter } from "./shared_memory.ts";

/** A serialised value that is not yet copied into shared memory. */
export interface EncodedMessage {
  /** Size of the message in bytes, a multiple of 8. */
  readonly byteLength: number;
  /** Copies the message to `byteOffset`, a multiple of 8, and frees its resources. */
  copyInto(target: Uint8Array, byteOffset: number): void;
  /** Frees the resources of a message that is not copied. */
  discard(): void;
}

/**
 * Serialises values with the semantics of structuredClone.
 *
 * One encoder writes many messages. Copy or discard each before encoding the next one. A
 * getter of a value may use the same encoder for another message.
 */
export class Encoder {
  readonly #known: WrittenShapes;
  readonly #own: Encoding;
  #busy = false;

  /** @param store Where shapes get numbers, which a decoder finds in the same store. */
  constructor(store: ShapeStore = NO_SHAPES) {
    this.#known = new WrittenShapes(store);
    this.#own = new Encoding(this.#known);
  }

  /**
   * Serialises one value.
   *
   * @param label Names the value in errors.
   * @param memory Gives numbers to the SharedArrayBuffers in the message.
   * @throws A DataCloneError with the path from `label` to a value that cannot be cloned, or
   * the error that a getter throws.
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
      // A plain write, first: a function call can throw near the end of the stack.
      if (encoding === this.#own) this.#busy = false;
      if (encoding.byteLength === 0) encoding.discard();
    }
    return encoding;
  }

  /**
   * Like {@linkcode Encoder.encode} for the arguments of one call, which are labelled
   * "argument 1" and so on.
   */
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
      // A plain write, first: a function call can throw near the end of the stack.
      if (encoding === this.#own) this.#busy = false;
      if (encoding.byteLength === 0) encoding.discard();
    }
    return encoding;
  }

  /**
   * Like {@linkcode Encoder.encodeArguments} for independent values: an object that two of
   * them contain becomes two objects.
   *
   * @param last Returns one more value, after the others are written.
   */
  encodeItems(
    items: readonly unknown[],
    memory: SharedMemoryWriter,
    last?: () => unknown,
  ): EncodedMessage {
    const encoding = this.#next();
    try {
      encoding.begin(memory);
      encoding.count(items.length + (last === undefined ? 0 : 1));
      for (let i = 0; i < items.length; i++) {
        encoding.root(items[i], "item", i);
        encoding.forgetObjects();
      }
      if (last !== undefined) encoding.root(last(), "item");
      encoding.finish("items");
    } finally {
      // A plain write, first: a function call can throw near the end of the stack.
      if (encoding === this.#own) this.#busy = false;
      if (encoding.byteLength === 0) encoding.discard();
    }
    return encoding;
  }

  #next(): Encoding {
    // Busy: a getter of the value that is being encoded sends another message.
    const encoding = this.#busy ? new Encoding(this.#known) : this.#own;
    this.#busy = true;
    return encoding;
  }
}

/** Copies a message into new memory, for a call that must wait. */
export function toBytes(message: EncodedMessage): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(message.byteLength);
  message.copyInto(bytes, 0);
  return bytes;
}
