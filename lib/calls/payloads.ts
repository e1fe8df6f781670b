/**
 * How arguments and results get into a slot and out again.
 *
 * @module
 */

import { PayloadTooLargeError } from "../errors.ts";
import { Arena, NO_BLOCK } from "../bridge/arena.ts";
import { Decoder } from "../codec/decoder.ts";
import { Encoder } from "../codec/encoder.ts";
import { INLINE_BYTES } from "../bridge/layout.ts";
import type { Lane, Values } from "../bridge/lane.ts";
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

/** No block was free in the arena: keep the bytes and try again after one came back. */
export const NO_ROOM = -1;

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
  readonly #encoder: Encoder;
  readonly #decoder: Decoder;
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
    this.#encoder = new Encoder(sharedBuffers);
    this.#decoder = new Decoder(sharedBuffers);
    this.#sharedBuffers = sharedBuffers;
    this.#unpark = unpark;
  }

  /**
   * Serialises a call's arguments; {@linkcode Payloads.place} or
   * {@linkcode Payloads.keep} has to follow. Runs getters of the values.
   */
  encodeArguments(args: readonly unknown[]): void {
    this.#encoder.encodeArguments(args);
    this.#checkSize("arguments");
  }

  /** Writes what was serialised; returns its kind, or {@linkcode NO_ROOM}. */
  place(lane: Lane, values: Values, slot: number): number {
    const encoder = this.#encoder;
    const length = encoder.byteLength;
    if (length <= INLINE_BYTES) {
      encoder.copyInto(lane.bytes, lane.inlineByte(slot));
      values.setBytes(slot, length, NO_BLOCK);
      return KIND_INLINE;
    }
    const block = this.#allocate(length);
    if (block === NO_BLOCK) return NO_ROOM;
    this.#sentBytes += length;
    encoder.copyInto(
      this.#arena.bytesWith(block, length),
      Arena.payloadByte(block),
    );
    values.setBytes(slot, length, block);
    return KIND_ARENA;
  }

  /** Bytes that were sent through the arena since the last time this was asked. */
  takeSentBytes(): number {
    const sentBytes = this.#sentBytes;
    this.#sentBytes = 0;
    return sentBytes;
  }

  /** Keeps what was serialised for later. */
  keep(): KeptPayload {
    return { kind: KIND_INLINE, number: 0, bytes: this.#encoder.takeBytes() };
  }

  /** Writes what was kept; returns its kind, or {@linkcode NO_ROOM}. */
  writeKept(
    lane: Lane,
    values: Values,
    slot: number,
    kept: KeptPayload,
  ): number {
    if (kept.kind === KIND_NUMBER) values.setNumber(slot, kept.number);
    if (kept.bytes === null) return kept.kind;
    const length = kept.bytes.length;
    if (length <= INLINE_BYTES) {
      lane.bytes.set(kept.bytes, lane.inlineByte(slot));
      values.setBytes(slot, length, NO_BLOCK);
      return KIND_INLINE;
    }
    const block = this.#allocate(length);
    if (block === NO_BLOCK) return NO_ROOM;
    this.#arena.bytesWith(block, length).set(
      kept.bytes,
      Arena.payloadByte(block),
    );
    values.setBytes(slot, length, block);
    return KIND_ARENA;
  }

  /** Reads arguments that were kept. */
  readKept(kept: KeptPayload): unknown[] {
    if (kept.bytes === null) {
      return kept.kind === KIND_NUMBER ? [kept.number] : [];
    }
    return this.#decoder.decodeArguments(kept.bytes, 0, kept.bytes.length);
  }

  /** Copies what a call returned or threw, as if it had crossed. */
  copy(value: unknown, label: string): unknown {
    return this.fromBytes(this.toBytes(value, label));
  }

  /** Serialises what does not travel with a call. */
  toBytes(value: unknown, label: string): Uint8Array {
    this.#encoder.encode(value, label);
    this.#checkSize(label);
    return this.#encoder.takeBytes();
  }

  /** Reads {@linkcode Payloads.toBytes}. */
  fromBytes(bytes: Uint8Array): unknown {
    return this.#decoder.decode(bytes, 0, bytes.length);
  }

  /** Writes what a call returned; returns its kind, or {@linkcode NO_ROOM}. */
  writeResult(lane: Lane, slot: number, value: unknown): number {
    if (typeof value === "number") {
      lane.results.setNumber(slot, value);
      return KIND_NUMBER;
    }
    if (value === undefined) return KIND_NONE;
    if (typeof value === "boolean") return value ? KIND_TRUE : KIND_FALSE;
    this.#encoder.encode(value, "result");
    this.#checkSize("result");
    return this.place(lane, lane.results, slot);
  }

  /** Writes what a call threw; returns its kind, or {@linkcode NO_ROOM}. */
  writeError(lane: Lane, slot: number, error: unknown): number {
    this.#encoder.encode(error, "error");
    this.#checkSize("error");
    return this.place(lane, lane.results, slot);
  }

  /**
   * Reads the arguments of the call taken last, and gives their memory back; then
   * {@linkcode SharedBuffers.takeLoans} tells which buffers came with them.
   */
  readArguments(lane: Lane, slot: number, kind: number): unknown[] {
    this.#sharedBuffers.noteLoans();
    if (kind === KIND_NONE) return [];
    if (kind === KIND_NUMBER) return [lane.arguments.number(slot)];
    const length = lane.arguments.byteLength(slot);
    if (kind === KIND_INLINE) {
      return this.#decoder.decodeArguments(
        lane.bytes,
        lane.inlineByte(slot),
        length,
      );
    }
    const block = lane.arguments.block(slot);
    const arena = this.#arenas[lane.owner];
    try {
      return this.#decoder.decodeArguments(
        arena.bytesWith(block, length),
        Arena.payloadByte(block),
        length,
      );
    } finally {
      if (arena.release(block)) this.#unpark(lane.owner);
    }
  }

  /** Reads what thread `from` returned or threw, and gives the memory back. */
  readResult(lane: Lane, slot: number, kind: number, from: number): unknown {
    switch (kind) {
      case KIND_NUMBER:
        return lane.results.number(slot);
      case KIND_NONE:
        return undefined;
      case KIND_FALSE:
        return false;
      case KIND_TRUE:
        return true;
    }
    const length = lane.results.byteLength(slot);
    if (kind === KIND_INLINE) {
      return this.#decoder.decode(lane.bytes, lane.inlineByte(slot), length);
    }
    const block = lane.results.block(slot);
    const arena = this.#arenas[from];
    try {
      return this.#decoder.decode(
        arena.bytesWith(block, length),
        Arena.payloadByte(block),
        length,
      );
    } finally {
      if (arena.release(block)) this.#unpark(from);
    }
  }

  /** Gives back the memory of a result that nobody wants to read. */
  discardResult(lane: Lane, slot: number, kind: number, from: number): void {
    if (kind !== KIND_ARENA) return;
    if (this.#arenas[from].release(lane.results.block(slot))) {
      this.#unpark(from);
    }
  }

  #allocate(byteLength: number): number {
    const block = this.#arena.tryAllocate(byteLength);
    if (block !== NO_BLOCK) return block;
    this.#arena.want();
    return this.#arena.tryAllocate(byteLength);
  }

  #checkSize(what: string): void {
    const length = this.#encoder.byteLength;
    if (length <= this.#limitBytes) return;
    throw new PayloadTooLargeError(
      `Cannot send ${what}: ${length} bytes, the limit is ${this.#limitBytes}; raise ` +
        `maxPayloadBytes, or pass a SharedArrayBuffer, which crosses without a copy`,
      length,
      this.#limitBytes,
    );
  }
}
