/**
 * Passes SharedArrayBuffers by reference.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import type {
  SharedMemoryReader,
  SharedReference,
} from "../codec/shared_memory.ts";
import type { Mailbox, Message, MovedMessage } from "./mailbox.ts";

/** What shared buffers need from their thread. */
export interface SharedBuffersHost {
  /** Number of threads: a serial number modulo this is the index of its thread. */
  readonly threadCount: number;
  /** Serial number of the current worker of this thread index. */
  serial(thread: number): number;
  /** Whether that worker of this thread index has closed its ports, because it ends. */
  hasClosedPorts(thread: number, serial: number): boolean;
  /** Makes these threads read their mailboxes. */
  notify(threads: Iterable<number>): void;
  /** Objects have arrived that a call has moved. */
  moved(message: MovedMessage): void;
  /** A message refers to a buffer of so many bytes. */
  shared(byteLength: number): void;
  /** So many bytes are garbage, unless the program still uses them. */
  dropped(byteLength: number): void;
}

/** A payload contains a reference to a buffer that has not been received. */
export class MissingBufferError extends Error {
  /** Whether the buffer cannot arrive any more. */
  readonly isLost: boolean;

  constructor(isLost: boolean) {
    super(
      isLost
        ? "Cannot read SharedArrayBuffer: the thread that sent it has ended"
        : "Cannot read SharedArrayBuffer: the thread that sent it has not posted it yet",
    );
    this.isLost = isLost;
  }
}

/** A buffer of this thread that was sent to others. */
interface SentBuffer {
  readonly reference: SharedReference;
  readonly buffer: WeakRef<SharedArrayBuffer>;
  /** Indices of the threads that it was sent to, or to an ended worker of that index. */
  readonly threads: Set<number>;
}

/** What can be dropped: one buffer, or all buffers of a sender. */
type Cleared = Pick<SharedReference, "sender"> & Partial<SharedReference>;

/**
 * The SharedArrayBuffers that one thread has sent and received. The first time a buffer is
 * sent, it is posted to the receivers under a new reference; payloads contain only the
 * reference. A receiver keeps the buffer until the sender's object is garbage-collected,
 * which the sender reports in a message, or until the sender has ended.
 */
export class SharedBuffers implements SharedMemoryReader {
  readonly #mailbox: Mailbox;
  readonly #serial: number;
  readonly #host: SharedBuffersHost;
  readonly #references = new WeakMap<SharedArrayBuffer, SharedReference>();
  /** Buffers of this thread, by the number in their references. */
  readonly #sent = new Map<number, SentBuffer>();
  /** Buffers of other threads, by sender and number. */
  readonly #received = new Map<number, Map<number, SharedArrayBuffer>>();
  readonly #cleared: Cleared[] = [];
  readonly #keepers = new Set<KeptBuffers>();
  /** By thread index: the serial number of the worker that the port connects to, if known. */
  readonly #portSerials: (number | undefined)[] = [];
  readonly #onCollected: FinalizationRegistry<SharedReference>;
  readonly #open = (message: Message): void => this.open(message);
  #nextNumber = 0;

  /** @param serial Serial number of this thread, so that references are unique. */
  constructor(mailbox: Mailbox, serial: number, host: SharedBuffersHost) {
    this.#mailbox = mailbox;
    this.#serial = serial;
    this.#host = host;
    this.#onCollected = new FinalizationRegistry((reference) =>
      this.#clear(reference)
    );
  }

  /** Announces that no later payload contains the reference. */
  #clear(reference: SharedReference): void {
    const threads = this.#sent.get(reference.number)?.threads ?? [];
    this.#sent.delete(reference.number);
    for (const thread of threads) {
      this.#mailbox.post(thread, { kind: "clear", reference });
    }
    this.#host.notify(threads);
  }

  /** Does at once what the collection of a buffer does. No unread payload contains it. */
  drop(buffer: SharedArrayBuffer): void {
    const reference = this.#references.get(buffer);
    if (reference === undefined) return;
    this.#references.delete(buffer);
    this.#onCollected.unregister(buffer);
    this.#clear(reference);
    this.#host.dropped(buffer.byteLength);
  }

  /** Posts `buffer` to the target threads that lack it, and returns its reference. */
  share(
    buffer: SharedArrayBuffer,
    targets: readonly number[],
  ): SharedReference {
    this.#host.shared(buffer.byteLength);
    let reference = this.#references.get(buffer);
    if (reference === undefined) {
      reference = { sender: this.#serial, number: this.#nextNumber++ };
      this.#sent.set(reference.number, {
        reference,
        buffer: new WeakRef(buffer),
        threads: new Set(),
      });
      this.#onCollected.register(buffer, reference, buffer);
      // Last: when a step before throws because no stack is left, the next call repeats it.
      this.#references.set(buffer, reference);
    }
    const { threads } = this.#sent.get(reference.number)!;
    for (const thread of targets) {
      const canPost = this.canPost(thread);
      if (threads.has(thread)) continue;
      // Deno never frees what is posted to a closed port. The replacement of that worker
      // gets the buffer from attach().
      if (canPost) {
        this.#mailbox.post(thread, { kind: "share", reference, buffer });
      }
      threads.add(thread);
    }
    return reference;
  }

  /** Whether the current worker of a thread index reads what is posted to it. */
  canPost(thread: number): boolean {
    this.#updatePort(thread);
    return !this.#host.hasClosedPorts(thread, this.#portSerials[thread]!);
  }

  /**
   * Makes sure that the port connects to the current worker of this thread index. A result
   * for a replacement must not contain a buffer that went to the ended worker, because the
   * reader of a result does not wait for buffers.
   */
  #updatePort(thread: number): void {
    const serial = this.#host.serial(thread);
    if (serial === this.#portSerials[thread]) return;
    // The main thread posts the new port before it stores the new serial number.
    this.collect();
    // There was none, so this is still the port that the thread has started with.
    this.#portSerials[thread] ??= serial;
  }

  /**
   * The buffer that the reference stands for.
   *
   * @throws {MissingBufferError} If the buffer has not been received.
   */
  resolve(sender: number, number: number): SharedArrayBuffer {
    const known = this.#find(sender, number);
    if (known !== undefined) return known;
    // Checked first: everything that a thread sent has arrived when its end is known.
    const isLost = !this.#isAlive(sender);
    this.collect();
    const buffer = this.#find(sender, number);
    if (buffer === undefined) throw new MissingBufferError(isLost);
    return buffer;
  }

  #find(sender: number, number: number): SharedArrayBuffer | undefined {
    // A worker may serve its own calls. It holds their buffers until they are settled.
    return sender === this.#serial
      ? this.#sent.get(number)?.buffer.deref()
      : this.#received.get(sender)?.get(number);
  }

  /** Whether messages of this sender may still arrive; false for this thread itself. */
  #isAlive(sender: number): boolean {
    return sender !== this.#serial &&
      this.#host.serial(sender % this.#host.threadCount) === sender;
  }

  /** Whether this thread is the sender. */
  isOwn(sender: number): boolean {
    return sender === this.#serial;
  }

  /** Reads the mailbox. */
  collect(): void {
    this.#mailbox.collect(this.#open);
  }

  /** Handles a message. */
  open(message: Message): void {
    switch (message.kind) {
      case "share":
        return this.#receive(message.reference, message.buffer);
      case "clear":
        // Payloads that were sent earlier may still be unread.
        this.#cleared.push(message.reference);
        return;
      case "move":
        return this.#host.moved(message);
      case "thread":
        return this.attach(message.thread, message.serial, message.port);
    }
  }

  #receive({ sender, number }: SharedReference, buffer: SharedArrayBuffer) {
    let ofSender = this.#received.get(sender);
    if (ofSender === undefined) {
      ofSender = new Map();
      this.#received.set(sender, ofSender);
    }
    ofSender.set(number, buffer);
  }

  /** Number of references and senders that {@linkcode SharedBuffers.forget} can drop. */
  get clearedCount(): number {
    return this.#cleared.length;
  }

  /** Drops the first `count` cleared buffers; all earlier payloads must be read. */
  forget(count: number): void {
    for (const { sender, number } of this.#cleared.splice(0, count)) {
      if (number === undefined) this.#forgetSender(sender);
      else this.#forgetBuffer(sender, number);
    }
  }

  #forgetBuffer(sender: number, number: number): void {
    const ofSender = this.#received.get(sender);
    const buffer = ofSender?.get(number);
    if (buffer === undefined) return;
    ofSender!.delete(number);
    this.#host.dropped(buffer.byteLength);
  }

  #forgetSender(sender: number): void {
    const buffers = this.#received.get(sender);
    if (buffers === undefined) return;
    for (const keeper of this.#keepers) keeper.add(sender, buffers);
    this.#received.delete(sender);
  }

  /** Keeps the buffers of threads that end from now on, until the result is closed. */
  keep(): KeptBuffers {
    const keeper = new KeptBuffers(this, () => this.#keepers.delete(keeper));
    this.#keepers.add(keeper);
    return keeper;
  }

  /**
   * Uses a new port, which connects to the worker with this serial number. If it is a
   * replacement, it may take calls that were meant for the ended worker, so this posts to it
   * all buffers that were sent to the ended worker, including those that went to the old
   * port after its end.
   */
  attach(thread: number, serial: number, port: MessagePort): void {
    this.#mailbox.replace(thread, port, this.#open);
    this.#portSerials[thread] = serial;
    for (const sender of this.#received.keys()) {
      const isEnded = sender % this.#host.threadCount === thread;
      if (isEnded) this.#cleared.push({ sender });
    }
    let count = 0;
    for (const { reference, buffer: weak, threads } of this.#sent.values()) {
      const buffer = weak.deref();
      if (buffer === undefined || !threads.has(thread)) continue;
      this.#mailbox.post(thread, { kind: "share", reference, buffer });
      count++;
    }
    // The worker may have deferred calls that need them.
    if (count !== 0) this.#host.notify([thread]);
  }

  /** Whether this thread has sent buffers whose collection it must report. */
  get sharesAny(): boolean {
    return this.#sent.size > 0;
  }
}

/** Finds the buffers of messages that are read later, after their sender may have ended. */
export class KeptBuffers implements SharedMemoryReader {
  readonly #buffers: SharedBuffers;
  readonly #onClose: () => void;
  readonly #ended = new Map<number, ReadonlyMap<number, SharedArrayBuffer>>();

  constructor(buffers: SharedBuffers, onClose: () => void) {
    this.#buffers = buffers;
    this.#onClose = onClose;
  }

  /** Keeps the buffers of a thread that has ended. */
  add(sender: number, buffers: ReadonlyMap<number, SharedArrayBuffer>): void {
    this.#ended.set(sender, buffers);
  }

  resolve(sender: number, number: number): SharedArrayBuffer {
    return this.#ended.get(sender)?.get(number) ??
      this.#buffers.resolve(sender, number);
  }

  /** Stops keeping buffers. */
  close(): void {
    this.#onClose();
  }
}
