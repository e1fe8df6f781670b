/**
 * The caller's side of a stream.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { SharedQueue } from "../monitor/shared_queue.ts";

/** Batches of items that a generator runs ahead of its consumer, at most. */
const SIZE = { capacity: 16, bytes: 1 << 16 };

/** A generator that runs on a worker. */
export class StreamSource {
  /** Settles when the generator has ended, as its call does. */
  readonly ended: Promise<void>;
  readonly #queue: SharedQueue;
  readonly #endpoint: Endpoint;

  /** @param call Calls a worker, with the memory of the queue. */
  constructor(
    endpoint: Endpoint,
    call: (memory: SharedArrayBuffer) => Promise<unknown>,
  ) {
    this.#endpoint = endpoint;
    this.#queue = SharedQueue.create(endpoint, SIZE);
    this.ended = this.#observe(call(this.#queue.memory));
    // The consumer learns of an error with the last item.
    this.ended.catch(() => {});
  }

  async #observe(call: Promise<unknown>): Promise<void> {
    try {
      await call;
    } finally {
      // The worker may have ended before it closed the queue.
      this.#queue.close();
    }
  }

  /** The next batch of items; undefined when there are no more. */
  async receive(): Promise<unknown[] | undefined> {
    const { value } = await this.#queue.receive();
    return value as unknown[] | undefined;
  }

  /** Ends the generator. Nobody needs its items. */
  close(): void {
    this.#queue.close();
    this.#queue.clear();
  }

  /** The generator has returned, and no more items are needed. */
  release(): void {
    this.#queue.release(this.#endpoint);
  }
}
