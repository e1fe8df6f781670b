/**
 * Passes SharedArrayBuffers by reference.
 *
 * @module
 */

import type { SharedMemoryReader } from "../codec/shared_memory.ts";
import type { Mailbox, Message } from "./mailbox.ts";

/** Number of references that one thread can create. */
const REFERENCES_PER_SERIAL = 2 ** 24;

/** How often to read the mailbox for an expected message, once a millisecond. */
const MAX_ATTEMPTS = 5000;
const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));

/** What shared buffers need from their thread. */
export interface SharedBuffersHost {
  /** Handles a message that was received while waiting for a buffer. */
  open(message: Message): void;
  /** Whether the thread with this serial number has not ended. */
  isAlive(serial: number): boolean;
  /** The threads were sent a message that a buffer was garbage-collected. */
  collected(threads: Iterable<number>): void;
}

/**
 * The SharedArrayBuffers that one thread has sent and received. The first time a buffer is
 * sent, it is posted to the receivers under a new reference; payloads contain only the
 * reference. A receiver keeps the buffer until the sender's object is garbage-collected,
 * which the sender reports in a message.
 */
export class SharedBuffers implements SharedMemoryReader {
  readonly #mailbox: Mailbox;
  readonly #serial: number;
  readonly #references = new WeakMap<SharedArrayBuffer, number>();
  /** References of this thread: their buffers, and the threads that have them. */
  readonly #sent = new Map<
    number,
    { buffer: WeakRef<SharedArrayBuffer>; threads: Set<number> }
  >();
  readonly #received = new Map<number, SharedArrayBuffer>();
  readonly #cleared: number[] = [];
  readonly #host: SharedBuffersHost;
  readonly #onCollected: FinalizationRegistry<number>;
  #count = 0;

  /** @param serial Serial number of this thread, so that references are unique. */
  constructor(mailbox: Mailbox, serial: number, host: SharedBuffersHost) {
    this.#mailbox = mailbox;
    this.#serial = serial;
    this.#host = host;
    this.#onCollected = new FinalizationRegistry((reference) => {
      const threads = this.#sent.get(reference)?.threads ?? [];
      this.#sent.delete(reference);
      for (const thread of threads) {
        mailbox.post(thread, { kind: "clear", reference });
      }
      host.collected(threads);
    });
  }

  /** Posts `buffer` to the target threads that lack it, and returns its reference. */
  share(buffer: SharedArrayBuffer, targets: readonly number[]): number {
    let reference = this.#references.get(buffer);
    if (reference === undefined) {
      reference = this.#serial * REFERENCES_PER_SERIAL + this.#count++;
      this.#sent.set(reference, {
        buffer: new WeakRef(buffer),
        threads: new Set(),
      });
      this.#onCollected.register(buffer, reference);
      // Last: when a step before throws because no stack is left, the next call repeats it.
      this.#references.set(buffer, reference);
    }
    const { threads } = this.#sent.get(reference)!;
    for (const thread of targets) {
      if (threads.has(thread)) continue;
      this.#mailbox.post(thread, { kind: "share", reference, buffer });
      threads.add(thread);
    }
    return reference;
  }

  /** The buffer that `reference` stands for. */
  resolve(reference: number): SharedArrayBuffer {
    // A worker may serve its own calls. It holds their buffers until they are settled.
    const own = this.#sent.get(reference)?.buffer.deref();
    return own ?? this.#received.get(reference) ?? this.#await(reference);
  }

  /** Whether this thread created the reference. */
  isOwn(reference: number): boolean {
    return this.#sent.has(reference);
  }

  /** Waits for the message with the buffer. */
  #await(reference: number): SharedArrayBuffer {
    const sender = Math.floor(reference / REFERENCES_PER_SERIAL);
    // The message was posted before the payload was published. Even so, a thread that has
    // just started may receive it a few milliseconds late (Deno 2.9).
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (attempt !== 0) Atomics.wait(NEVER_NOTIFIED, 0, 0, 1);
      const isLast = !this.#host.isAlive(sender);
      this.#mailbox.collect((message) => this.#host.open(message));
      const buffer = this.#received.get(reference);
      if (buffer !== undefined) return buffer;
      if (isLast) break;
    }
    throw new Error(
      "Cannot read SharedArrayBuffer: the thread that sent it has ended",
    );
  }

  /** Stores a buffer that was received in a message. */
  receive(reference: number, buffer: SharedArrayBuffer): void {
    this.#received.set(reference, buffer);
  }

  /** The sender's object was garbage-collected; earlier payloads may still be unread. */
  clear(reference: number): void {
    this.#cleared.push(reference);
  }

  /** Number of references that {@linkcode SharedBuffers.forget} can drop. */
  get clearedCount(): number {
    return this.#cleared.length;
  }

  /** Drops the first `count` cleared references; all earlier payloads must be read. */
  forget(count: number): void {
    for (const reference of this.#cleared.splice(0, count)) {
      this.#received.delete(reference);
    }
  }

  /**
   * Drops the buffers that an ended worker sent, and posts the buffers that it had to its
   * replacement, which may take calls that contain references to them.
   */
  replaceThread(thread: number, endedSerial: number): void {
    for (const reference of this.#received.keys()) {
      if (Math.floor(reference / REFERENCES_PER_SERIAL) === endedSerial) {
        this.#received.delete(reference);
      }
    }
    for (const [reference, { buffer: weak, threads }] of this.#sent) {
      const buffer = weak.deref();
      if (buffer === undefined || !threads.has(thread)) continue;
      this.#mailbox.post(thread, { kind: "share", reference, buffer });
    }
  }

  /** Whether this thread has sent buffers whose collection it must report. */
  get sharesAny(): boolean {
    return this.#sent.size > 0;
  }
}
