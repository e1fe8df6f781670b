/**
 * A queue of values between threads.
 *
 * @module
 */

import { checkCount } from "../monitor/counts.ts";
import { type Item, ItemStore } from "../monitor/item_store.ts";
import { ringState } from "../monitor/item_ring.ts";
import { objectWords } from "../monitor/layout.ts";
import type { BlockOptions, WaitOptions } from "../monitor/limits.ts";
import { Queue } from "../monitor/queue.ts";
import { showState } from "../shown_state.ts";
import {
  type ObjectOptions,
  registerShared,
  SharedObject,
} from "./shared_object.ts";

const MAX_CAPACITY = 2 ** 20;
/** Bytes of the ring by default. */
const RING_BYTES = 2 ** 18;

const SEND = "send";
const RECEIVE = "receive";

/** How a channel is made. */
export interface ChannelOptions extends ObjectOptions {
  /**
   * Bytes for the items in the channel, at least 1 KiB; 256 KiB by default. Items above a
   * quarter of that have memory of their own.
   */
  readonly bytes?: number;
}

/**
 * A bounded queue of values. Any code on any thread of a runtime can send to it and receive from
 * it; each value is received once, in the order in which they were sent.
 *
 * The channel crosses by reference. Values are copied as those of calls are. While the channel
 * is full, senders wait; while it is empty, receivers do. A channel does not know its senders:
 * where a worker may end before it closes the channel, give the wait a time limit.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { Channel } from "@loom/runtime/sync";
 *
 * await using runtime = await new LoomBuilder().build();
 * const squares = new Channel<number>(16);
 * const produce = async (squares: Channel<number>, count: number) => {
 *   for (let n = 1; n <= count; n++) await squares.send(n * n);
 *   squares.close();
 * };
 * const produced = runtime.spawnCompute(produce, squares, 3);
 * for await (const square of squares) console.log(square);
 * // 1
 * // 4
 * // 9
 * await produced;
 * ```
 */
export class Channel<T> extends SharedObject
  implements AsyncIterable<T>, Iterable<T> {
  readonly #items: ItemStore;
  readonly #queue: Queue<Item>;

  /**
   * Makes an empty channel for the threads of a runtime.
   *
   * @param capacity The most values in it, from 1 to 2²⁰.
   * @throws {RangeError} If a number is out of range.
   */
  constructor(capacity: number, options: ChannelOptions = {}) {
    const { runtime, bytes = RING_BYTES } = options;
    checkCount("create channel", "capacity", capacity, 1, MAX_CAPACITY);
    checkCount("create channel", "bytes", bytes, 2 ** 10, 2 ** 30);
    const size = bytes & ~7;
    const state = ringState(size, capacity);
    super(runtime, { lines: 2, bytes: size, state });
    const waits = SharedObject.waitsOf(this);
    const items = new ItemStore(
      SharedObject.memoryOf(this)!,
      objectWords(2, waits.threadCount) * 4,
      waits,
    );
    this.#items = items;
    this.#queue = new Queue(
      (rules) => SharedObject.monitorOf(this, rules),
      items,
    );
  }

  /** The most values in it. */
  get capacity(): number {
    return this.#items.ring.capacity;
  }

  /** Number of values in it. */
  get length(): number {
    return this.#items.ring.count;
  }

  /** Whether {@linkcode Channel.close} was called. Values may still be in it. */
  get isClosed(): boolean {
    return this.#queue.isClosed;
  }

  /**
   * Sends a copy of a value, as soon as there is room and without blocking the event loop.
   *
   * @throws {ChannelClosedError} If the channel is closed.
   * @throws {DOMException} A `DataCloneError`, if the value cannot be copied.
   * @throws {PayloadTooLargeError} If it is larger than `maxPayloadBytes`.
   * @throws {TimeoutError} If it takes longer than `timeoutMs`.
   * @throws {ShutdownError} If the runtime ends.
   */
  async send(value: T, options: WaitOptions = {}): Promise<void> {
    await this.#queue.sending(this.#items.encode(value)).wait(
      this.#queue.senders,
      SEND,
      options,
    );
  }

  /** Like {@linkcode Channel.send}, but blocks the thread. For compute workers. */
  sendSync(value: T, options: BlockOptions = {}): void {
    this.#queue.sending(this.#items.encode(value)).block(
      this.#queue.senders,
      SEND,
      options,
    );
  }

  /**
   * Sends a copy of a value if there is room and nobody waits for room.
   *
   * @returns Whether it was sent.
   * @throws What {@linkcode Channel.send} rejects with.
   */
  trySend(value: T): boolean {
    return this.#queue.sending(this.#items.encode(value)).try(
      this.#queue.senders,
    ) ?? false;
  }

  /**
   * Receives the next value, as soon as there is one and without blocking the event loop.
   *
   * @returns The value, or `done` if the channel is closed and empty.
   * @throws {TimeoutError} If it takes longer than `timeoutMs`.
   * @throws {ShutdownError} If the runtime ends.
   */
  async receive(
    options: WaitOptions = {},
  ): Promise<IteratorResult<T, undefined>> {
    return await this.#queue.receiving<T>().wait(
      this.#queue.receivers,
      RECEIVE,
      options,
    );
  }

  /** Like {@linkcode Channel.receive}, but blocks the thread. For compute workers. */
  receiveSync(options: BlockOptions = {}): IteratorResult<T, undefined> {
    return this.#queue.receiving<T>().block(
      this.#queue.receivers,
      RECEIVE,
      options,
    );
  }

  /**
   * Receives the next value if there is one and nobody waits for it.
   *
   * @returns The value, or `done` if the channel is closed and empty; else undefined.
   */
  tryReceive(): IteratorResult<T, undefined> | undefined {
    return this.#queue.receiving<T>().try(this.#queue.receivers);
  }

  /** Ends the channel: no value can be sent any more, and those in it can be received. */
  close(): void {
    this.#queue.close();
  }

  /** Receives until the channel is closed and empty. Leaving the loop does not close it. */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (
      let next = await this.receive();
      !next.done;
      next = await this.receive()
    ) yield next.value;
  }

  /** The same, but blocks the thread. For compute workers. */
  *[Symbol.iterator](): Generator<T, void, void> {
    for (
      let next = this.receiveSync();
      !next.done;
      next = this.receiveSync()
    ) yield next.value;
  }
}

showState(Channel, ({ capacity, length }) => ({ capacity, length }));
registerShared("Channel", Channel, () => new Channel(1));
