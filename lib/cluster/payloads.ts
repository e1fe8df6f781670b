/**
 * Values as the bytes of messages.
 *
 * @module
 */

import { Decoder } from "../codec/decoder.ts";
import { type EncodedMessage, Encoder } from "../codec/encoder.ts";
import { Refusal } from "../codec/errors.ts";
import { sendThrown } from "../calls/send_thrown.ts";
import { PayloadTooLargeError } from "../errors.ts";
import { checkDepth } from "./depth.ts";
import {
  type Frame,
  type FrameHead,
  HEADER_BYTES,
  KIND,
  MAX_FRAME_BYTES,
  readFrame,
  STORED,
  writeFrame,
} from "./frame.ts";

/** Keeps what is too large for a message. */
export interface ObjectStore {
  /** Stores bytes and returns a name for them. */
  put(bytes: Uint8Array): Promise<string>;
  /** Returns the bytes of that name, unless they are larger than `limitBytes`. */
  get(name: string, limitBytes: number): Promise<Uint8Array>;
  /** Removes them; does nothing if they are gone. */
  remove(name: string): Promise<void>;
}

/** Limits on what is accepted from other programs. */
export interface PayloadLimits {
  /** Most bytes of the arguments or the result of a call, and of an item. */
  readonly maxPayloadBytes: number;
  /** Most containers inside each other. */
  readonly maxDepth: number;
}

/** The default limits. */
export const DEFAULT_LIMITS: PayloadLimits = {
  maxPayloadBytes: 64 * 1024 * 1024,
  maxDepth: 100,
};

/** Most items that share a message. */
export const MAX_ITEMS = 64;

const NO_SHARING = {
  share(): never {
    throw new Refusal(
      "a SharedArrayBuffer, and machines share no memory; pass a copy instead",
    );
  },
  resolve(): never {
    throw new Error("Cannot decode message: it refers to shared memory");
  },
};

/** Writes and reads the values of messages. */
export class Payloads {
  readonly #encoder = new Encoder();
  readonly #decoder = new Decoder();
  readonly #store: ObjectStore;
  readonly #limits: PayloadLimits;
  readonly #maxMessageBytes: () => number;

  /** @param maxMessageBytes Returns the server's `max_payload`. */
  constructor(
    store: ObjectStore,
    maxMessageBytes: () => number,
    limits: PayloadLimits,
  ) {
    this.#store = store;
    this.#maxMessageBytes = maxMessageBytes;
    this.#limits = limits;
  }

  /**
   * Writes the arguments of a call. A promise only if they must be stored first.
   *
   * @param besides Bytes of the message besides the frame.
   * @throws {DOMException} A `DataCloneError`, if one cannot be copied.
   * @throws {PayloadTooLargeError} If they are larger than the limit.
   */
  writeArguments(
    head: FrameHead,
    args: readonly unknown[],
    besides: number = 0,
  ): Uint8Array | Promise<Uint8Array> {
    return this.#write(
      head,
      this.#encoder.encodeArguments(args, NO_SHARING),
      { besides },
    );
  }

  /** Like {@linkcode Payloads.writeArguments}, for independent values. */
  writeItems(
    head: FrameHead,
    items: readonly unknown[],
    besides: number = 0,
  ): Uint8Array | Promise<Uint8Array> {
    return this.#write(
      head,
      this.#encoder.encodeItems(items, NO_SHARING),
      { values: items.length, besides },
    );
  }

  /** Like {@linkcode Payloads.writeArguments}, for one value. */
  writeValue(
    head: FrameHead,
    value: unknown,
    label: string,
  ): Uint8Array | Promise<Uint8Array> {
    return this.#write(head, this.#encoder.encode(value, label, NO_SHARING));
  }

  /**
   * Writes what a task reports.
   *
   * @throws {DOMException} A `DataCloneError`, if it cannot be copied.
   * @throws {PayloadTooLargeError} If it is larger than a message: only the newest report
   *   matters, so none is worth the way through the store.
   */
  writeReport(head: FrameHead, value: unknown): Uint8Array {
    const message = this.#encoder.encode(value, "report", NO_SHARING);
    const { byteLength } = message;
    const limit = this.#maxMessageBytes() - MAX_FRAME_BYTES;
    if (byteLength > limit) {
      message.discard();
      throw new PayloadTooLargeError(
        `Cannot send report on the cluster: it has ${byteLength} bytes, more than a message ` +
          `may have, which is ${limit}; report less, or raise max_payload of the server`,
        byteLength,
        limit,
      );
    }
    return writeFrame(head, byteLength, message);
  }

  /** Writes what a task threw, as much of it as can be sent. */
  writeThrown(
    head: FrameHead,
    thrown: unknown,
  ): Uint8Array | Promise<Uint8Array> {
    return sendThrown(
      thrown,
      (value) => this.writeValue(head, value, "thrown value"),
    );
  }

  /** @throws What {@linkcode Payloads.writeValue} throws. */
  check(value: unknown): void {
    const message = this.#encoder.encode(value, "result", NO_SHARING);
    const { byteLength } = message;
    message.discard();
    this.#checkSize(byteLength);
  }

  /** Reads arguments or items. */
  readArguments(frame: Frame, areItems: boolean = false): unknown[] {
    this.#checkSize(frame.bodyBytes, areItems ? MAX_ITEMS + 1 : 1);
    const { bytes, bodyBytes } = frame;
    const args = this.#decoder.decodeArguments(
      bytes,
      HEADER_BYTES,
      bodyBytes,
      NO_SHARING,
      areItems,
    );
    for (const arg of args) checkDepth(arg, this.#limits.maxDepth);
    return args;
  }

  /** Reads one value. */
  readValue(frame: Frame): unknown {
    this.#checkSize(frame.bodyBytes);
    const { bytes, bodyBytes } = frame;
    const value = this.#decoder.decode(
      bytes,
      HEADER_BYTES,
      bodyBytes,
      NO_SHARING,
    );
    checkDepth(value, this.#limits.maxDepth);
    return value;
  }

  /** Returns the frame with its body, if that is in the store. */
  async fetch(frame: Frame): Promise<Frame> {
    const name = storedName(frame)!;
    const values = frame.kind === KIND.ITEMS || frame.kind === KIND.RESULTS
      ? MAX_ITEMS + 1
      : 1;
    const limit = this.#limits.maxPayloadBytes * values + MAX_FRAME_BYTES;
    return readFrame(await this.#store.get(name, limit));
  }

  /** Removes the body of a frame, if it is in the store. */
  async release(frame: Frame): Promise<void> {
    const name = storedName(frame);
    if (name !== undefined) await this.#store.remove(name);
  }

  #write(
    head: FrameHead,
    message: EncodedMessage,
    { values = 1, besides = 0 }: {
      readonly values?: number;
      readonly besides?: number;
    } = {},
  ): Uint8Array | Promise<Uint8Array> {
    const { byteLength } = message;
    try {
      this.#checkSize(byteLength, values);
    } catch (error) {
      message.discard();
      throw error;
    }
    const frame = writeFrame(head, byteLength, message);
    return frame.length + besides <= this.#maxMessageBytes()
      ? frame
      : this.#putAside(head, frame);
  }

  async #putAside(head: FrameHead, frame: Uint8Array): Promise<Uint8Array> {
    const name = new TextEncoder().encode(await this.#store.put(frame));
    const flags = (head.flags ?? 0) | STORED;
    return writeFrame({ ...head, flags }, name.length, {
      copyInto: (bytes, at) => bytes.set(name, at),
    });
  }

  #checkSize(byteLength: number, values: number = 1): void {
    const { maxPayloadBytes } = this.#limits;
    if (byteLength <= maxPayloadBytes * values) return;
    throw new PayloadTooLargeError(
      `Cannot send payload on the cluster: it has ${byteLength} bytes, more than ` +
        `maxPayloadBytes, which is ${maxPayloadBytes}; send less, or raise maxPayloadBytes ` +
        "on callers and hosts",
      byteLength,
      maxPayloadBytes,
    );
  }
}

/** Whether the body of the frame is in the store. */
export function isStored(frame: Frame): boolean {
  return (frame.flags & STORED) !== 0;
}

function storedName(frame: Frame): string | undefined {
  if (!isStored(frame)) return undefined;
  const end = HEADER_BYTES + frame.bodyBytes;
  return new TextDecoder().decode(frame.bytes.subarray(HEADER_BYTES, end));
}
