/**
 * How arguments and results get into a slot and out again.
 *
 * @module
 */

import { PayloadTooLargeError } from "../errors.ts";
import { Arena, NO_BLOCK } from "../bridge/arena.ts";
import { Decoder } from "../codec/decoder.ts";
import { type EncodedMessage, Encoder, toBytes } from "../codec/encoder.ts";
import type {
  SharedMemoryReader,
  SharedMemoryWriter,
} from "../codec/shared_memory.ts";
import { INLINE_BYTES } from "../bridge/layout.ts";
import type { Lane } from "../bridge/lane.ts";
import { SentBuffers } from "./message_buffers.ts";
import type { SharedBuffers } from "./shared_buffers.ts";

// Kinds of a payload, the low KIND_BITS of a slot's META.

/** No argument, or the result undefined. */
export const KIND_NONE = 0;
/** One number, in VALUE. */
export const KIND_NUMBER = 1;
/** The result false. */
export const KIND_FALSE = 2;
/** The result true. */
export const KIND_TRUE = 3;
/** Serialised in the slot's inline area. */
export const KIND_INLINE = 4;
/** Serialised in the sender's arena. */
export const KIND_ARENA = 5;

/** No block is free in the arena: keep the bytes and try again when one is returned. */
export const NO_ROOM = -1;
/** The result has to be serialised. */
export const NOT_SMALL = -2;

/** Arguments serialised before a slot or a block was free for them. */
export interface KeptPayload {
  /** KIND_NONE, KIND_NUMBER, or KIND_INLINE for bytes wherever they will go. */
  readonly kind: number;
  /** The value of KIND_NUMBER. */
  readonly number: number;
  /** The bytes. */
  readonly bytes: Uint8Array | null;
}

/** One thread's reader and writer of payloads. */
export class Payloads {
  readonly #arena: Arena;
  readonly #arenas: Arena[];
  readonly #limitBytes: number;
  readonly #encoder = new Encoder();
  readonly #decoder = new Decoder();
  readonly #sharedBuffers: SharedBuffers;
  readonly #unpark: (thread: number) => void;
  #sentBytes = 0;

  /**
   * @param thread Index of this thread.
   * @param arenas The arenas of all threads, by thread index; entries get replaced.
   * @param limitBytes Largest payload.
   * @param unpark Wakes a thread that waits for one of its blocks.
   */
  constructor(
    thread: number,
    arenas: Arena[],
    limitBytes: number,
    sharedBuffers: SharedBuffers,
    unpark: (thread: number) => void,
  ) {
    this.#arena = arenas[thread];
    this.#arenas = arenas;
    this.#limitBytes = limitBytes;
    this.#sharedBuffers = sharedBuffers;
    this.#unpark = unpark;
  }

  /**
   * Serialises a call's arguments. Runs getters of the values, which may make calls.
   *
   * @param memory The buffers of this message.
   * @throws A DataCloneError or PayloadTooLargeError, or what a getter throws.
   */
  encodeArguments(
    args: readonly unknown[],
    memory: SharedMemoryWriter,
  ): EncodedMessage {
    return this.#checked(
      this.#encoder.encodeArguments(args, memory),
      "arguments",
    );
  }

  /** Serialises what a call returned or threw, or another value that `label` names. */
  encode(
    value: unknown,
    label: string,
    memory: SharedMemoryWriter,
  ): EncodedMessage {
    return this.#checked(this.#encoder.encode(value, label, memory), label);
  }

  /**
   * Copies a message into shared memory and returns its kind. Returns
   * {@linkcode NO_ROOM} and copies nothing when the arena has no free block.
   *
   * @param slot Slot whose inline area takes a small message.
   * @param value Where to write how many bytes are where: see {@linkcode Lane}.
   */
  tryPlace(
    message: EncodedMessage,
    lane: Lane,
    slot: number,
    value: number,
  ): number {
    const length = message.byteLength;
    if (length <= INLINE_BYTES) {
      message.copyInto(lane.bytes, lane.inlineByte(slot));
      lane.setBytes(value, length, NO_BLOCK);
      return KIND_INLINE;
    }
    const block = this.#allocate(length);
    if (block === NO_BLOCK) return NO_ROOM;
    this.#sentBytes += length;
    message.copyInto(
      this.#arena.bytesWith(block, length),
      Arena.payloadByte(block),
    );
    lane.setBytes(value, length, block);
    return KIND_ARENA;
  }

  /** Bytes that were sent through the arena since the last time this was asked. */
  takeSentBytes(): number {
    const sentBytes = this.#sentBytes;
    this.#sentBytes = 0;
    return sentBytes;
  }

  /** Copies a message into memory of this thread, for later. */
  keep(message: EncodedMessage): KeptPayload {
    return { kind: KIND_INLINE, number: 0, bytes: toBytes(message) };
  }

  /** Like {@linkcode Payloads.tryPlace} for a payload that was kept. */
  tryPlaceKept(
    kept: KeptPayload,
    lane: Lane,
    slot: number,
    value: number,
  ): number {
    if (kept.kind === KIND_NUMBER) lane.setNumber(value, kept.number);
    if (kept.bytes === null) return kept.kind;
    return this.tryPlace(new KeptMessage(kept.bytes), lane, slot, value);
  }

  /** Reads arguments that were kept. */
  readKept(kept: KeptPayload): unknown[] {
    if (kept.bytes === null) {
      return kept.kind === KIND_NUMBER ? [kept.number] : [];
    }
    return this.#decoder.decodeArguments(kept.bytes, 0, this.#sharedBuffers);
  }

  /** Copies a value as if it had crossed to another thread and back. */
  copy(value: unknown, label: string): unknown {
    const sent = new SentBuffers(this.#sharedBuffers, []);
    return this.fromBytes(toBytes(this.encode(value, label, sent)));
  }

  /** Reads a message that is not in a slot or an arena. */
  fromBytes(bytes: Uint8Array): unknown {
    return this.#decoder.decode(bytes, 0, this.#sharedBuffers);
  }

  /**
   * Writes what a call returned, if it needs no bytes, and returns its kind;
   * {@linkcode NOT_SMALL} for any other value.
   */
  tryWriteSmall(lane: Lane, slot: number, result: unknown): number {
    if (typeof result === "number") {
      lane.setNumber(lane.resultValue(slot), result);
      return KIND_NUMBER;
    }
    if (result === undefined) return KIND_NONE;
    if (typeof result === "boolean") return result ? KIND_TRUE : KIND_FALSE;
    return NOT_SMALL;
  }

  /**
   * Reads the arguments of the call that was taken last and releases their memory.
   *
   * @param memory Finds the buffers that came with them.
   */
  readArguments(
    lane: Lane,
    slot: number,
    kind: number,
    memory: SharedMemoryReader,
  ): unknown[] {
    if (kind === KIND_NONE) return [];
    if (kind === KIND_NUMBER) return [lane.ring.takenNumber];
    if (kind === KIND_INLINE) {
      return this.#decoder.decodeArguments(
        lane.bytes,
        lane.inlineByte(slot),
        memory,
      );
    }
    const block = lane.ring.takenBlock;
    const arena = this.#arenas[lane.owner];
    try {
      return this.#decoder.decodeArguments(
        arena.bytesWith(block, lane.ring.takenByteLength),
        Arena.payloadByte(block),
        memory,
      );
    } finally {
      if (arena.release(block)) this.#unpark(lane.owner);
    }
  }

  /** Reads what thread `from` returned or threw and releases its memory. */
  readResult(lane: Lane, slot: number, kind: number, from: number): unknown {
    const value = lane.resultValue(slot);
    switch (kind) {
      case KIND_NUMBER:
        return lane.number(value);
      case KIND_NONE:
        return undefined;
      case KIND_FALSE:
        return false;
      case KIND_TRUE:
        return true;
    }
    const shared = this.#sharedBuffers;
    if (kind === KIND_INLINE) {
      return this.#decoder.decode(lane.bytes, lane.inlineByte(slot), shared);
    }
    const block = lane.block(value);
    const arena = this.#arenas[from];
    try {
      return this.#decoder.decode(
        arena.bytesWith(block, lane.byteLength(value)),
        Arena.payloadByte(block),
        shared,
      );
    } finally {
      if (arena.release(block)) this.#unpark(from);
    }
  }

  /** Releases the memory of a result that nobody wants to read. */
  discardResult(lane: Lane, slot: number, kind: number, from: number): void {
    if (kind !== KIND_ARENA) return;
    const block = lane.block(lane.resultValue(slot));
    if (this.#arenas[from].release(block)) this.#unpark(from);
  }

  #allocate(byteLength: number): number {
    const block = this.#arena.tryAllocate(byteLength);
    if (block !== NO_BLOCK) return block;
    this.#arena.want();
    return this.#arena.tryAllocate(byteLength);
  }

  #checked(message: EncodedMessage, what: string): EncodedMessage {
    const { byteLength } = message;
    if (byteLength <= this.#limitBytes) return message;
    message.discard();
    throw new PayloadTooLargeError(
      `Cannot send ${what}: ${byteLength} bytes, the limit is ${this.#limitBytes}; raise ` +
        `maxPayloadBytes, or pass a SharedArrayBuffer, which crosses without a copy`,
      byteLength,
      this.#limitBytes,
    );
  }
}

/** A message that was kept, once more ready to be placed. */
class KeptMessage implements EncodedMessage {
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
