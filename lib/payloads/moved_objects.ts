/**
 * Moves objects between threads, beside the messages that contain them.
 *
 * @module
 */

import { WorkerLostError } from "../errors.ts";
import type { Lane } from "../bridge/lane.ts";
import { moveLocally, unmark } from "../codec/moved.ts";
import type { Mailbox, MovedMessage } from "./mailbox.ts";
import type { SharedBuffers } from "./shared_buffers.ts";

/**
 * The objects that the arguments or the result of a call move. A message contains only their
 * indices. They are posted before the call is pushed, or completed, so the thread that reads
 * the message finds them in its mailbox: under the slot of the call, which has no other
 * message at that time. A call with such arguments is pushed to the ring of the worker that
 * they were posted to.
 */
export class MovedObjects {
  readonly #thread: number;
  readonly #mailbox: Mailbox;
  readonly #sharedBuffers: SharedBuffers;
  /** By the number of the call. */
  readonly #arrived = new Map<number, readonly object[]>();

  /**
   * @param thread Index of this thread.
   */
  constructor(
    thread: number,
    mailbox: Mailbox,
    sharedBuffers: SharedBuffers,
  ) {
    this.#thread = thread;
    this.#mailbox = mailbox;
    this.#sharedBuffers = sharedBuffers;
  }

  /**
   * Moves the objects of a slot's call to another thread, or keeps them for this one.
   *
   * @throws {DOMException} If one cannot be transferred, for example a locked stream.
   */
  send(thread: number, lane: Lane, slot: number, objects: object[]): void {
    const message: MovedMessage = {
      kind: "move",
      call: lane.firstCall + slot,
      objects,
    };
    if (thread !== this.#thread) this.#mailbox.post(thread, message);
    else this.open({ ...message, objects: moveLocally(objects) });
    unmark(objects);
  }

  /** Whether {@linkcode MovedObjects.send} reaches this thread: its worker is not ending. */
  reaches(thread: number): boolean {
    return thread === this.#thread || this.#sharedBuffers.canPost(thread);
  }

  /** Handles a message. */
  open({ call, objects }: MovedMessage): void {
    this.#arrived.set(call, objects);
  }

  /**
   * Takes the objects of a slot's call.
   *
   * @throws {WorkerLostError} If they were posted to a worker that has ended.
   */
  take(lane: Lane, slot: number): readonly object[] {
    const objects = this.#tryTake(lane, slot);
    if (objects !== undefined) return objects;
    throw new WorkerLostError(
      "Cannot read moved object: the worker that it was moved to ended before it began the " +
        "call; the object is lost",
    );
  }

  /** Drops the objects of a call whose message is not read. */
  drop(lane: Lane, slot: number): void {
    this.#tryTake(lane, slot);
  }

  #tryTake(lane: Lane, slot: number): readonly object[] | undefined {
    const call = lane.firstCall + slot;
    if (!this.#arrived.has(call)) this.#sharedBuffers.collect();
    const objects = this.#arrived.get(call);
    this.#arrived.delete(call);
    return objects;
  }
}
