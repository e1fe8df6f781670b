/**
 * SharedArrayBuffers that cross by reference.
 *
 * @module
 */

import type { SharedMemoryReader } from "../codec/shared_memory.ts";
import type { Mailbox, Message } from "./mailbox.ts";

/** References that one thread can hand out before they would meet the next thread's. */
const REFERENCES_PER_SERIAL = 2 ** 24;

/** How often to look for a message that must come, a millisecond apart. */
const MAX_LOOKS = 5000;
const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(4));

/** What the thread does for its shared buffers. */
export interface SharedBuffersHost {
  /** Opens a message that was found while looking for a buffer. */
  open(message: Message): void;
  /** Whether the thread with this serial number has not ended. */
  isAlive(serial: number): boolean;
  /** The other threads have been told that a buffer is gone. */
  collected(threads: Iterable<number>): void;
}

/**
 * The first time a SharedArrayBuffer is sent it goes out by mail under a new reference;
 * payloads carry only the reference. The receiver keeps the buffer until the sender's
 * object is collected, which the sender tells by message.
 */
export class SharedBuffers implements SharedMemoryReader {
  readonly #mailbox: Mailbox;
  readonly #serial: number;
  readonly #references = new WeakMap<SharedArrayBuffer, number>();
  /** Own references: their buffers, and which threads have them already. */
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

  /** Makes `buffer` known to the target threads and returns its reference. */
  share(buffer: SharedArrayBuffer, targets: readonly number[]): number {
    let reference = this.#references.get(buffer);
    if (reference === undefined) {
      reference = this.#serial * REFERENCES_PER_SERIAL + this.#count++;
      this.#sent.set(reference, {
        buffer: new WeakRef(buffer),
        threads: new Set(),
      });
      this.#onCollected.register(buffer, reference);
      // Last: near the end of the stack any of these can throw.
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
    // A worker may serve its own calls; whoever sent the buffer keeps it for that long.
    const own = this.#sent.get(reference)?.buffer.deref();
    return own ?? this.#received.get(reference) ?? this.#await(reference);
  }

  /** Whether this thread handed the reference out. */
  isOwn(reference: number): boolean {
    return this.#sent.has(reference);
  }

  /** Looks for the message that brings the buffer. */
  #await(reference: number): SharedArrayBuffer {
    const sender = Math.floor(reference / REFERENCES_PER_SERIAL);
    // Its message was posted before the payload was published. Still, a thread that has
    // just started may see it a few milliseconds late (Deno 2.9).
    for (let look = 0; look < MAX_LOOKS; look++) {
      if (look !== 0) Atomics.wait(NEVER_NOTIFIED, 0, 0, 1);
      const isLast = !this.#host.isAlive(sender);
      this.#mailbox.collect((message) => this.#host.open(message));
      const buffer = this.#received.get(reference);
      if (buffer !== undefined) return buffer;
      if (isLast) break;
    }
    throw new Error(
      "Cannot read shared memory: the thread that sent it has ended",
    );
  }

  /** Takes in a buffer that came by message. */
  receive(reference: number, buffer: SharedArrayBuffer): void {
    this.#received.set(reference, buffer);
  }

  /** The sender's object is gone; payloads that were sent before may still be unread. */
  clear(reference: number): void {
    this.#cleared.push(reference);
  }

  /** Number of references waiting for {@linkcode SharedBuffers.forget}. */
  get clearedCount(): number {
    return this.#cleared.length;
  }

  /** Drops the first `count` cleared references, once all that was sent before is read. */
  forget(count: number): void {
    for (const reference of this.#cleared.splice(0, count)) {
      this.#received.delete(reference);
    }
  }

  /**
   * A worker has ended. What it sent is forgotten; its successor, which may take calls that
   * were meant for it, gets what it had.
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

  /** Whether other threads hold buffers of this one, whose end they must be told. */
  get sharesAny(): boolean {
    return this.#sent.size > 0;
  }
}
