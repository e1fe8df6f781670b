/**
 * A queue between the caller of one call and the worker that runs it.
 *
 * @module
 */

import { SharedWords } from "../bridge/words.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { ringState } from "./item_ring.ts";
import { type Item, ItemStore } from "./item_store.ts";
import { objectWords } from "./layout.ts";
import { Monitor } from "./monitor.ts";
import { Queue } from "./queue.ts";
import { ThreadWaits } from "./thread_waits.ts";

const LINES = 2;

/** Most memories of one size that a thread keeps for later queues. */
const MAX_KEPT = 8;

/** How much room a queue has. */
export interface QueueSize {
  /** Most items. */
  readonly capacity: number;
  /** Bytes of its ring. */
  readonly bytes: number;
}

/** Memories of released queues, by size. Workers have received them already. */
const kept = new WeakMap<Endpoint, Map<number, SharedArrayBuffer[]>>();

/** A queue, as one of the two threads sees it. */
export class SharedQueue {
  /** Its memory, from which the other thread makes its view. */
  readonly memory: SharedArrayBuffer;
  readonly #items: ItemStore;
  readonly #queue: Queue<Item>;

  constructor(memory: SharedArrayBuffer, endpoint: Endpoint) {
    const waits = ThreadWaits.of(endpoint);
    const start = objectWords(LINES, waits.threadCount) * 4;
    this.memory = memory;
    this.#items = new ItemStore(memory, start, waits);
    this.#queue = new Queue(
      (rules) => new Monitor(new SharedWords(memory), waits, rules),
      this.#items,
    );
  }

  /** Makes an empty queue, in the memory of a released one if there is one. */
  static create(endpoint: Endpoint, size: QueueSize): SharedQueue {
    const used = keptOf(endpoint, size.bytes).pop();
    const memory = used ?? createMemory(endpoint.control.threadCount, size);
    const queue = new SharedQueue(memory, endpoint);
    queue.#queue.reopen();
    return queue;
  }

  /**
   * Sends a batch of values.
   *
   * @returns False if the queue is closed; a promise of that, if the batch must wait for room.
   * @throws What cannot be serialised.
   */
  sendBatch(values: readonly unknown[]): boolean | Promise<boolean> {
    const { senders } = this.#queue;
    const sending = this.#queue.sending(this.#items.encodeBatch(values));
    // A closed queue is no error here, so the operation is not asked for its value.
    if (senders.owner.try(senders, sending)) return !this.#queue.isClosed;
    return sending.wait(senders, "send item", {}).then(
      () => true,
      (error) => {
        if (this.#queue.isClosed) return false;
        throw error;
      },
    );
  }

  /**
   * Sends a value in place of all that are in the queue.
   *
   * @throws What cannot be serialised.
   */
  replace(value: unknown): void {
    this.#queue.replace(this.#items.encode(value));
  }

  /** What `receive()` would return if it had not to wait; undefined if it had. */
  tryReceive(): IteratorResult<unknown, undefined> | undefined {
    return this.#queue.receiving<unknown>().try(this.#queue.receivers);
  }

  /** Receives the next item, or the end. */
  receive():
    | IteratorResult<unknown, undefined>
    | Promise<IteratorResult<unknown, undefined>> {
    const { receivers } = this.#queue;
    return this.tryReceive() ??
      this.#queue.receiving<unknown>().wait(receivers, "receive item", {});
  }

  /** Ends the queue, on either side. What is in it can be received. */
  close(): void {
    this.#queue.close();
  }

  /** Drops what is in it. */
  clear(): void {
    this.#queue.clear();
  }

  /** Neither thread uses the queue any more. Once, on the thread that made it. */
  release(endpoint: Endpoint): void {
    this.#queue.clear();
    const free = keptOf(endpoint, this.#items.ring.size);
    if (free.length < MAX_KEPT) free.push(this.memory);
  }
}

function keptOf(endpoint: Endpoint, bytes: number): SharedArrayBuffer[] {
  let sizes = kept.get(endpoint);
  if (sizes === undefined) kept.set(endpoint, sizes = new Map());
  let free = sizes.get(bytes);
  if (free === undefined) sizes.set(bytes, free = []);
  return free;
}

function createMemory(
  threadCount: number,
  { capacity, bytes }: QueueSize,
): SharedArrayBuffer {
  const wordCount = objectWords(LINES, threadCount);
  const memory = new SharedArrayBuffer(wordCount * 4 + bytes);
  const words = new Int32Array(memory);
  for (const [word, value] of Object.entries(ringState(bytes, capacity))) {
    words[Number(word)] = value;
  }
  return memory;
}
