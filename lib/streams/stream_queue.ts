/**
 * The queue of items between a generator on a worker and its consumer.
 *
 * @module
 */

import { SharedWords } from "../bridge/words.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { ringState } from "../monitor/item_ring.ts";
import { type Item, ItemStore } from "../monitor/item_store.ts";
import { objectWords } from "../monitor/layout.ts";
import { Monitor } from "../monitor/monitor.ts";
import { Queue } from "../monitor/queue.ts";
import { ThreadWaits } from "../monitor/thread_waits.ts";

const LINES = 2;
/** Most batches of items in the queue. */
const CAPACITY = 16;
const RING_BYTES = 1 << 16;

/** Makes the memory of an empty queue. */
export function createMemory(threadCount: number): SharedArrayBuffer {
  const wordCount = objectWords(LINES, threadCount);
  const memory = new SharedArrayBuffer(wordCount * 4 + RING_BYTES);
  const words = new Int32Array(memory);
  const state = ringState(RING_BYTES, CAPACITY);
  for (const [word, value] of Object.entries(state)) {
    words[Number(word)] = value;
  }
  return memory;
}

/** The queue of one stream, as one thread sees it. */
export class StreamQueue {
  readonly #items: ItemStore;
  readonly #queue: Queue<Item>;

  constructor(memory: SharedArrayBuffer, endpoint: Endpoint) {
    const waits = ThreadWaits.of(endpoint);
    const start = objectWords(LINES, waits.threadCount) * 4;
    this.#items = new ItemStore(memory, start, waits);
    this.#queue = new Queue(
      (rules) => new Monitor(new SharedWords(memory), waits, rules),
      this.#items,
    );
  }

  /**
   * Sends a batch of values.
   *
   * @returns False if the queue is closed; a promise of that, if the batch must wait for room.
   * @throws What cannot be serialised.
   */
  send(values: readonly unknown[]): boolean | Promise<boolean> {
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

  /** Receives a batch; undefined, or a promise of that, at the end. */
  receive(): unknown[] | undefined | Promise<unknown[] | undefined> {
    const receiving = this.#queue.receiving<unknown[]>();
    const received = receiving.try(this.#queue.receivers);
    if (received !== undefined) return received.value;
    return receiving.wait(this.#queue.receivers, "receive item", {})
      .then(({ value }) => value);
  }

  /** Drops all items. */
  clear(): void {
    this.#queue.clear();
  }

  /** Begins another stream, after both sides have ended the last one. */
  reopen(): void {
    this.#queue.reopen();
  }

  /** Ends the stream, on either side. */
  close(): void {
    this.#queue.close();
  }
}
