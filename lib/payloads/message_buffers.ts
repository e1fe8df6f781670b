/**
 * What one message contains besides its bytes, for its sender and for its receiver.
 *
 * @module
 */

import type {
  SharedMemoryReader,
  SharedMemoryWriter,
  SharedReference,
} from "../codec/shared_memory.ts";
import { moveLocally } from "../codec/moved.ts";
import type { Lane } from "../bridge/lane.ts";
import type { MovedObjects } from "./moved_objects.ts";
import type { SharedBuffers } from "./shared_buffers.ts";

/**
 * Buffers in the arguments of a call, with the caller's references to them. The caller keeps
 * these buffers until the call is settled, so its result may use the same references.
 */
export type Loans = ReadonlyMap<SharedArrayBuffer, SharedReference>;

/** The buffers and the moved objects of a message that is being written. */
export class SentParts implements SharedMemoryWriter {
  readonly #buffers: SharedBuffers;
  readonly #targets: readonly number[];
  readonly #loans: Loans | null;
  /** Buffers to keep until the message is read; null when there are none. */
  held: SharedArrayBuffer[] | null = null;
  moved: object[] | null | undefined = null;

  /**
   * @param targets Threads that may read the message.
   * @param loans Buffers of the call, when this message is its result.
   */
  constructor(
    buffers: SharedBuffers,
    targets: readonly number[],
    loans: Loans | null = null,
  ) {
    this.#buffers = buffers;
    this.#targets = targets;
    this.#loans = loans;
  }

  share(buffer: SharedArrayBuffer): SharedReference {
    const loan = this.#loans?.get(buffer);
    if (loan !== undefined) return loan;
    (this.held ??= []).push(buffer);
    return this.#buffers.share(buffer, this.#targets);
  }

  /** For a message that moves no objects: they are refused. */
  refusingMoves(): this {
    this.moved = undefined;
    return this;
  }

  /** For a message that this thread reads itself: moves the objects. */
  moveLocally(): LocalParts {
    return new LocalParts(this.#buffers, moveLocally(this.moved ?? []));
  }
}

/** Whether a message moves objects. */
export function movesAny(
  sent: SentParts,
): sent is SentParts & { readonly moved: object[] } {
  return sent.moved !== null && sent.moved !== undefined &&
    sent.moved.length !== 0;
}

/** The buffers and the moved objects of a call's arguments that are being read. */
export class ReceivedParts implements SharedMemoryReader {
  readonly #buffers: SharedBuffers;
  readonly #moved: MovedObjects;
  readonly #lane: Lane;
  readonly #slot: number;
  #objects: readonly object[] | undefined;
  /** Buffers of other threads among them; null when there are none. */
  loans: Map<SharedArrayBuffer, SharedReference> | null = null;

  constructor(
    buffers: SharedBuffers,
    moved: MovedObjects,
    lane: Lane,
    slot: number,
  ) {
    this.#buffers = buffers;
    this.#moved = moved;
    this.#lane = lane;
    this.#slot = slot;
  }

  take(index: number): object {
    this.#objects ??= this.#moved.take(this.#lane, this.#slot);
    return this.#objects[index];
  }

  resolve(sender: number, number: number): SharedArrayBuffer {
    const buffer = this.#buffers.resolve(sender, number);
    if (!this.#buffers.isOwn(sender)) {
      (this.loans ??= new Map()).set(buffer, { sender, number });
    }
    return buffer;
  }
}

/** The same for the results of this thread's calls, one after another. */
export class ResultParts implements SharedMemoryReader {
  readonly #buffers: SharedBuffers;
  readonly #moved: MovedObjects;
  #lane: Lane | undefined;
  #slot = 0;
  #objects: readonly object[] | undefined;

  constructor(buffers: SharedBuffers, moved: MovedObjects) {
    this.#buffers = buffers;
    this.#moved = moved;
  }

  /** Begins with the result of a slot's call. */
  begin(lane: Lane, slot: number): this {
    this.#lane = lane;
    this.#slot = slot;
    this.#objects = undefined;
    return this;
  }

  resolve(sender: number, number: number): SharedArrayBuffer {
    return this.#buffers.resolve(sender, number);
  }

  take(index: number): object {
    this.#objects ??= this.#moved.take(this.#lane!, this.#slot);
    return this.#objects[index];
  }
}

/** The same for a message that stays on this thread. */
export class LocalParts implements SharedMemoryReader {
  readonly #buffers: SharedBuffers;
  readonly #objects: readonly object[];

  /** @param objects What was moved with the message. */
  constructor(buffers: SharedBuffers, objects: readonly object[]) {
    this.#buffers = buffers;
    this.#objects = objects;
  }

  resolve(sender: number, number: number): SharedArrayBuffer {
    return this.#buffers.resolve(sender, number);
  }

  take(index: number): object {
    return this.#objects[index];
  }
}
