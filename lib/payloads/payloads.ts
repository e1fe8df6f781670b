/**
 * Writes arguments and results into shared memory and reads them.
 *
 * @module
 */

import { Arena, NO_BLOCK } from "../bridge/arena.ts";
import { Decoder } from "../codec/decoder.ts";
import { type EncodedMessage, Encoder, toBytes } from "../codec/encoder.ts";
import type { ShapeStore } from "../codec/known_shapes.ts";
import type {
  SharedMemoryReader,
  SharedMemoryWriter,
} from "../codec/shared_memory.ts";
import { wholeBytesLength } from "../codec/views.ts";
import { KeptMessage } from "./kept_message.ts";
import { INLINE_BYTES } from "../bridge/layout.ts";
import type { Lane } from "../bridge/lane.ts";
import { unpackNumbers } from "./numbers.ts";
import {
  argumentsOf,
  constantOf,
  type KeptPayload,
  KIND_BYTES,
  KIND_ITEMS,
  KIND_NONE,
  KIND_NUMBER,
  KIND_NUMBERS,
  KIND_VALUE,
  KIND_WITH_BYTES,
  kindOfConstant,
  MESSAGE_BYTES,
  NOT_SMALL,
} from "./payload_kinds.ts";
import { checkSize, Room } from "./room.ts";
import { type ResultParts, SentParts } from "./message_buffers.ts";
import { SpareArray } from "./spare_array.ts";
import { canArriveLater } from "./arrival.ts";
import type { SharedBuffers } from "./shared_buffers.ts";

/** Payloads of so many bytes are counted as garbage once they have been read or sent. */
export const LARGE_BYTES = 1 << 16;

/** Reads and writes the payloads of one thread. */
export class Payloads {
  readonly #own: Arena;
  /** The arenas for results of all threads, by thread index. */
  readonly results: readonly Arena[];
  readonly #limitBytes: number;
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
  readonly #sharedBuffers: SharedBuffers;
  readonly #resultParts: ResultParts;
  readonly #unpark: (thread: number) => void;
  /** Copies the bytes of one Uint8Array. */
  readonly spare: SpareArray = new SpareArray();
  /** Called with the size of each large payload that is read or sent. */
  onLarge: (byteLength: number) => void = () => {};
  #sentBytes = 0;
  /** Where payloads are written. */
  readonly room: Room = new Room();

  /**
   * @param thread Index of this thread.
   * @param results The arenas for results of all threads, by thread index.
   * @param limitBytes Size of the largest payload.
   * @param shapes The shapes that the threads know by number.
   * @param unpark Unparks a thread that waits for a block of an arena that it owns.
   */
  constructor(
    thread: number,
    results: readonly Arena[],
    limitBytes: number,
    sharedBuffers: SharedBuffers,
    resultParts: ResultParts,
    shapes: ShapeStore,
    unpark: (thread: number) => void,
  ) {
    this.#own = results[thread];
    this.results = results;
    this.#limitBytes = limitBytes;
    this.#sharedBuffers = sharedBuffers;
    this.#resultParts = resultParts;
    this.#encoder = new Encoder(shapes);
    this.#decoder = new Decoder(shapes);
    this.#unpark = unpark;
  }

  /**
   * Serialises a call's arguments. This runs getters of the values, which may make calls.
   *
   * @param memory Collects the SharedArrayBuffers of the message.
   * @throws A DataCloneError or PayloadTooLargeError, or what a getter throws.
   */
  encodeArguments(
    args: readonly unknown[],
    memory: SharedMemoryWriter,
  ): EncodedMessage {
    const message = args.length === 1
      ? this.#encoder.encode(args[0], "argument 1", memory)
      : this.#encoder.encodeArguments(args, memory);
    return checkSize(message, "arguments", this.#limitBytes);
  }

  /**
   * Serialises items, or results, of a call for several items.
   *
   * @param last Returns one more value, after the others are written.
   */
  encodeItems(
    items: readonly unknown[],
    memory: SharedMemoryWriter,
    last?: () => unknown,
  ): EncodedMessage {
    const message = this.#encoder.encodeItems(items, memory, last);
    return checkSize(message, "items", this.#limitBytes);
  }

  /**
   * Serialises any other value, such as a result.
   *
   * @param label Names the value in errors.
   * @param memory Collects the SharedArrayBuffers of the message.
   * @throws A DataCloneError or PayloadTooLargeError, or what a getter throws.
   */
  encode(
    value: unknown,
    label: string,
    memory: SharedMemoryWriter,
  ): EncodedMessage {
    const message = this.#encoder.encode(value, label, memory);
    return checkSize(message, label, this.#limitBytes);
  }

  /**
   * Copies arguments into shared memory, for the next push to the lane. Lane's owner only.
   *
   * @param slot Slot whose inline area takes a small message.
   * @returns False, with nothing copied, when the lane's arena has no free block.
   */
  tryPlaceArguments(
    message: EncodedMessage,
    lane: Lane,
    slot: number,
  ): boolean {
    const { byteLength: length } = message;
    const value = lane.nextValue(slot);
    if (!this.#tryPlace(message, lane, slot, value, lane.arena)) return false;
    if (length > INLINE_BYTES) this.#sentBytes += length;
    return true;
  }

  /** Copies the result or error of the slot's call, into this thread's arena or inline. */
  tryPlaceResult(message: EncodedMessage, lane: Lane, slot: number): boolean {
    const value = lane.resultValue(slot);
    const isPlaced = this.#tryPlace(message, lane, slot, value, this.#own);
    // The caller of this method publishes the result at once.
    this.#own.unpublished = NO_BLOCK;
    return isPlaced;
  }

  #tryPlace(
    message: EncodedMessage,
    lane: Lane,
    slot: number,
    value: number,
    arena: Arena,
  ): boolean {
    const room = this.room;
    if (!room.tryReserve(message.byteLength, lane, slot, value, arena)) {
      return false;
    }
    if (message.byteLength >= LARGE_BYTES) this.onLarge(message.byteLength);
    message.copyInto(room.bytes, room.at);
    return true;
  }

  /**
   * Like {@linkcode Payloads.tryPlaceArguments}, for one argument with a rawLength().
   *
   * @returns The kind, or {@linkcode NOT_SMALL} without room.
   */
  tryPlaceBytes(
    bytes: Uint8Array,
    length: number,
    lane: Lane,
    slot: number,
  ): number {
    const value = lane.nextValue(slot);
    const { arena } = lane;
    const kind = this.#tryPlaceBytes(bytes, length, lane, slot, value, arena);
    if (kind === KIND_BYTES && length > INLINE_BYTES) this.#sentBytes += length;
    return kind;
  }

  #tryPlaceBytes(
    bytes: Uint8Array,
    length: number,
    lane: Lane,
    slot: number,
    value: number,
    arena: Arena,
  ): number {
    if (!this.room.tryReserve(length, lane, slot, value, arena)) {
      return NOT_SMALL;
    }
    if (length >= LARGE_BYTES) this.onLarge(length);
    this.room.bytes.set(bytes, this.room.at);
    return KIND_BYTES;
  }

  /** Size of a Uint8Array that can be copied as it is; 0 for any other value. */
  rawLength(value: unknown): number {
    if (!ArrayBuffer.isView(value)) return 0;
    const length = wholeBytesLength(value);
    // A message of the same bytes is a little longer, and has the better error.
    return length + MESSAGE_BYTES <= this.#limitBytes ? length : 0;
  }

  /** Bytes sent through the arena since the last call of this method. */
  takeSentBytes(): number {
    const sentBytes = this.#sentBytes;
    this.#sentBytes = 0;
    return sentBytes;
  }

  /** Like {@linkcode Payloads.tryPlaceArguments}, for kept arguments. */
  tryPlaceKept(kept: KeptPayload, lane: Lane, slot: number): boolean {
    const { kind, number } = kept;
    if (kind === KIND_NUMBER) lane.setNumber(lane.nextValue(slot), number);
    if (kept.bytes === null) return true;
    return this.tryPlaceArguments(new KeptMessage(kept.bytes), lane, slot);
  }

  /** Reads kept arguments; returns `kept` while a buffer in them may still arrive. */
  readKept(
    kept: KeptPayload,
    memory: SharedMemoryReader,
  ): unknown[] | KeptPayload {
    const { kind, bytes, number } = kept;
    if (bytes === null) return argumentsOf(kind, number);
    try {
      return this.#decode(kind, bytes, 0, bytes.length, memory);
    } catch (error) {
      if (canArriveLater(error)) return kept;
      throw error;
    }
  }

  /** Copies a value as if it had been sent to another thread. */
  copy(value: unknown, label: string): unknown {
    const sent = new SentParts(this.#sharedBuffers, []);
    const bytes = toBytes(this.encode(value, label, sent));
    return this.fromBytes(bytes, sent.moveLocally());
  }

  /** Reads a message from private memory, by default one in the result that was read last. */
  fromBytes(
    bytes: Uint8Array,
    memory: SharedMemoryReader = this.#resultParts,
  ): unknown {
    return this.#decoder.decode(bytes, 0, bytes.length, memory);
  }

  /**
   * Writes a result that needs no serialisation.
   *
   * @returns The kind, or {@linkcode NOT_SMALL} for any other result.
   */
  tryWriteSmall(lane: Lane, slot: number, result: unknown): number {
    if (typeof result === "number") {
      lane.setNumber(lane.resultValue(slot), result);
      return KIND_NUMBER;
    }
    if (result === undefined) return KIND_NONE;
    const length = this.rawLength(result);
    if (length === 0) return kindOfConstant(result);
    return this.tryPlaceResultBytes(result as Uint8Array, length, lane, slot);
  }

  /** Like {@linkcode Payloads.tryPlaceBytes} for a result. */
  tryPlaceResultBytes(
    bytes: Uint8Array,
    length: number,
    lane: Lane,
    slot: number,
  ): number {
    const value = lane.resultValue(slot);
    const own = this.#own;
    const kind = this.#tryPlaceBytes(bytes, length, lane, slot, value, own);
    // The caller of this method publishes the result at once.
    own.unpublished = NO_BLOCK;
    return kind;
  }

  /**
   * Reads the arguments of the call that was taken last from `lane`, and releases their
   * block. Returns a copy of their bytes when a buffer in them has not arrived yet.
   *
   * @param memory Finds the SharedArrayBuffers in the arguments.
   */
  readArguments(
    lane: Lane,
    slot: number,
    kind: number,
    memory: SharedMemoryReader,
  ): unknown[] | KeptPayload {
    if (kind < KIND_WITH_BYTES) return argumentsOf(kind, lane.taken.number);
    const length = lane.taken.byteLength;
    const block = lane.taken.block;
    if (block === NO_BLOCK) {
      const at = lane.inlineByte(slot);
      return this.#readArguments(kind, lane.bytes, at, length, memory);
    }
    const { arena } = lane;
    if (length >= LARGE_BYTES) this.onLarge(length);
    try {
      const bytes = arena.bytesWith(block, length);
      const at = Arena.payloadByte(block);
      return this.#readArguments(kind, bytes, at, length, memory);
    } finally {
      if (arena.release(block)) this.#unpark(lane.owner);
    }
  }

  #readArguments(
    kind: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    memory: SharedMemoryReader,
  ): unknown[] | KeptPayload {
    if (kind === KIND_BYTES) return [this.spare.copy(bytes, at, length)];
    if (kind === KIND_NUMBERS) return unpackNumbers(bytes, at, length);
    try {
      return this.#decode(kind, bytes, at, length, memory);
    } catch (error) {
      if (!canArriveLater(error)) throw error;
      return { kind, number: 0, bytes: bytes.slice(at, at + length) };
    }
  }

  #decode(
    kind: number,
    bytes: Uint8Array,
    at: number,
    length: number,
    memory: SharedMemoryReader,
  ): unknown[] {
    if (kind === KIND_VALUE) {
      return [this.#decoder.decode(bytes, at, length, memory)];
    }
    const areItems = kind >= KIND_ITEMS;
    return this.#decoder.decodeArguments(bytes, at, length, memory, areItems);
  }

  /** Reads a result or error that thread `from` sent, and releases its block. */
  readResult(lane: Lane, slot: number, kind: number, from: number): unknown {
    const value = lane.resultValue(slot);
    if (kind === KIND_NUMBER) return lane.number(value);
    if (kind === KIND_NONE) return undefined;
    if (kind < KIND_WITH_BYTES) return constantOf(kind);
    const length = lane.byteLength(value);
    const block = lane.block(value);
    this.#resultParts.begin(lane, slot);
    if (block === NO_BLOCK) {
      return this.#readResult(kind, lane.bytes, lane.inlineByte(slot), length);
    }
    const arena = this.results[from];
    if (length >= LARGE_BYTES) this.onLarge(length);
    try {
      const bytes = arena.bytesWith(block, length);
      return this.#readResult(kind, bytes, Arena.payloadByte(block), length);
    } finally {
      if (arena.release(block)) this.#unpark(from);
    }
  }

  #readResult(
    kind: number,
    bytes: Uint8Array,
    at: number,
    length: number,
  ): unknown {
    if (kind === KIND_BYTES) return this.spare.copy(bytes, at, length);
    if (kind === KIND_NUMBERS) return unpackNumbers(bytes, at, length);
    return kind === KIND_ITEMS
      ? this.#decode(kind, bytes, at, length, this.#resultParts)
      : this.#decoder.decode(bytes, at, length, this.#resultParts);
  }

  /** Releases the block of a result without reading it. */
  discardResult(lane: Lane, slot: number, kind: number, from: number): void {
    if (kind < KIND_WITH_BYTES) return;
    const block = lane.block(lane.resultValue(slot));
    if (block === NO_BLOCK) return;
    if (this.results[from].release(block)) this.#unpark(from);
  }
}
