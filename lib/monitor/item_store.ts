/**
 * Writes the items of a channel into its memory and reads them.
 *
 * @module
 */

import { SharedWords } from "../bridge/words.ts";
import { type EncodedMessage, toBytes } from "../codec/encoder.ts";
import type { SharedReference } from "../codec/shared_memory.ts";
import { KeptMessage } from "../payloads/kept_message.ts";
import { packNumbers, unpackNumbers } from "../payloads/numbers.ts";
import { KIND_ITEMS } from "../payloads/payload_kinds.ts";
import { SentParts } from "../payloads/message_buffers.ts";
import { ItemRing, recordBytes } from "./item_ring.ts";
import type { ThreadWaits } from "./thread_waits.ts";

// Kinds of an item.
/** A number, as float64. */
const NUMBER = 1;
/** A message. */
const MESSAGE = 2;
/** The reference to a message that has memory of its own. */
const MEMORY = 3;
// A batch is several values, read as an array of them.
/** A batch of numbers. */
const NUMBERS = 4;
/** A message of independent values. */
const BATCH = 5;
/** Like MEMORY, for a BATCH. */
const BATCH_MEMORY = 6;

/** Items above this part of the ring have memory of their own. */
const LARGEST_PART = 1 / 4;

/** Shared memory of items that may still be in the channel. */
interface Held {
  /** The items are received when so many were. */
  readonly until: number;
  readonly buffers: readonly SharedArrayBuffer[];
}

/** The items of one channel, as one thread sees them. */
export class ItemStore {
  /** Which items there are. */
  readonly ring: ItemRing;
  readonly #waits: ThreadWaits;
  readonly #bytes: Uint8Array<SharedArrayBuffer>;
  readonly #view: DataView<SharedArrayBuffer>;
  readonly #others: readonly number[];
  /** Bytes of the batch that was serialised last. */
  batchBytes = 0;
  #held: Held[] = [];

  /**
   * @param memory The memory of the channel.
   * @param start First byte of the ring in it.
   */
  constructor(memory: SharedArrayBuffer, start: number, waits: ThreadWaits) {
    this.ring = new ItemRing(new SharedWords(memory), start);
    this.#waits = waits;
    this.#bytes = new Uint8Array(memory);
    this.#view = new DataView(memory);
    this.#others = Array.from({ length: waits.threadCount }, (_, i) => i)
      .filter((thread) => thread !== waits.thread);
  }

  /**
   * Serialises a value. This runs getters of it.
   *
   * @throws A DataCloneError or PayloadTooLargeError, or what a getter throws.
   */
  encode(value: unknown): Item {
    if (typeof value === "number") return new NumberItem(value);
    const { payloads, sharedBuffers } = this.#waits.endpoint;
    this.#waits.dropReceived();
    const sent = new SentParts(sharedBuffers, this.#others).refusingMoves();
    const message = payloads.encode(value, "item", sent);
    return this.#itemOf(message, sent, MESSAGE, MEMORY);
  }

  /** Like {@linkcode ItemStore.encode} for several values, which are read as an array. */
  encodeBatch(values: readonly unknown[]): Item {
    const numbers = packNumbers(values);
    if (numbers !== undefined) {
      this.batchBytes = numbers.length;
      return new MessageItem(NUMBERS, new KeptMessage(numbers.slice()), null);
    }
    const { payloads, sharedBuffers } = this.#waits.endpoint;
    this.#waits.dropReceived();
    const sent = new SentParts(sharedBuffers, this.#others).refusingMoves();
    const message = payloads.encodeItems(values, sent);
    this.batchBytes = message.byteLength;
    return this.#itemOf(message, sent, BATCH, BATCH_MEMORY);
  }

  #itemOf(
    message: EncodedMessage,
    sent: SentParts,
    kind: number,
    kindOfLarge: number,
  ): Item {
    if (recordBytes(message.byteLength) <= this.ring.size * LARGEST_PART) {
      return new MessageItem(kind, message, sent.held);
    }
    const memory = new SharedArrayBuffer(message.byteLength);
    message.copyInto(new Uint8Array(memory), 0);
    return new MemoryItem(kindOfLarge, sent.share(memory), sent.held!);
  }

  /** Adds an item for which there is room. Inside a step. */
  add(item: Item): void {
    const at = this.ring.add(item.kind, item.length);
    item.write(this.#bytes, this.#view, at);
    if (item.held === null) return;
    this.#held.push({ until: this.ring.sent, buffers: item.held });
    this.#waits.keepers.add(this);
  }

  /**
   * Takes the next item out. Inside a step.
   *
   * @returns Reads it, right after the step.
   */
  take(): () => unknown {
    const { kind, length, at } = this.ring;
    const read = this.#reader(kind, at, length);
    this.ring.remove();
    return read;
  }

  #reader(kind: number, at: number, length: number): () => unknown {
    const { payloads, sharedBuffers } = this.#waits.endpoint;
    if (kind === NUMBER) {
      const number = this.#view.getFloat64(at, true);
      return () => number;
    }
    if (kind === NUMBERS) {
      const numbers = unpackNumbers(this.#bytes, at, length);
      return () => numbers;
    }
    const read = (bytes: Uint8Array) =>
      kind === BATCH || kind === BATCH_MEMORY
        ? payloads.readKept(
          { kind: KIND_ITEMS, number: 0, bytes },
          sharedBuffers,
        )
        : payloads.fromBytes(bytes);
    if (kind === MESSAGE || kind === BATCH) {
      const bytes = this.#bytes.slice(at, at + length);
      return () => read(bytes);
    }
    const sender = this.#view.getFloat64(at, true);
    const number = this.#view.getFloat64(at + 8, true);
    return () => {
      const memory = sharedBuffers.resolve(sender, number);
      return read(new Uint8Array(memory));
    };
  }

  /**
   * Drops the shared memory of items that were received.
   *
   * @returns Whether some may still be in the channel.
   */
  dropReceived(): boolean {
    const { received } = this.ring;
    this.#held = this.#held.filter(({ until }) => (until - received | 0) > 0);
    return this.#held.length !== 0;
  }
}

/** An item that is about to be sent. */
export interface Item {
  /** Its kind in the ring. */
  readonly kind: number;
  /** Its length in the ring. */
  readonly length: number;
  /** Its shared memory, which its sender keeps until it is received. */
  readonly held: readonly SharedArrayBuffer[] | null;
  /** Writes it to the ring. */
  write(bytes: Uint8Array, view: DataView, at: number): void;
  /** It must wait: other values may be serialised before it is written. */
  keep(): void;
}

class NumberItem implements Item {
  readonly kind = NUMBER;
  readonly length = 8;
  readonly held = null;
  readonly #number: number;

  constructor(number: number) {
    this.#number = number;
  }

  write(_bytes: Uint8Array, view: DataView, at: number): void {
    view.setFloat64(at, this.#number, true);
  }

  keep(): void {}
}

class MessageItem implements Item {
  readonly kind: number;
  readonly length: number;
  readonly held: readonly SharedArrayBuffer[] | null;
  #message: EncodedMessage;

  constructor(
    kind: number,
    message: EncodedMessage,
    held: readonly SharedArrayBuffer[] | null,
  ) {
    this.kind = kind;
    this.#message = message;
    this.length = message.byteLength;
    this.held = held;
  }

  write(bytes: Uint8Array, _view: DataView, at: number): void {
    this.#message.copyInto(bytes, at);
  }

  keep(): void {
    if (this.#message instanceof KeptMessage) return;
    this.#message = new KeptMessage(toBytes(this.#message));
  }
}

class MemoryItem implements Item {
  readonly kind: number;
  readonly length = 16;
  readonly held: readonly SharedArrayBuffer[];
  readonly #reference: SharedReference;

  constructor(
    kind: number,
    reference: SharedReference,
    held: readonly SharedArrayBuffer[],
  ) {
    this.kind = kind;
    this.#reference = reference;
    this.held = held;
  }

  write(_bytes: Uint8Array, view: DataView, at: number): void {
    view.setFloat64(at, this.#reference.sender, true);
    view.setFloat64(at + 8, this.#reference.number, true);
  }

  keep(): void {}
}
