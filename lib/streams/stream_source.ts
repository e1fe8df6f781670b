/**
 * The caller's side of a stream.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { createMemory, StreamQueue } from "./stream_queue.ts";

/** Most memories of ended streams that a thread keeps for others. */
const MAX_KEPT = 8;

/** Memories of ended streams. Workers have received them already. */
const kept = new WeakMap<Endpoint, SharedArrayBuffer[]>();

/** A generator that runs on a worker. */
export class StreamSource {
  /** Settles when the generator has ended, as its call does. */
  readonly ended: Promise<void>;
  readonly #queue: StreamQueue;
  readonly #memory: SharedArrayBuffer;
  readonly #kept: SharedArrayBuffer[];

  /** @param call Calls a worker, with this memory. */
  constructor(
    endpoint: Endpoint,
    call: (memory: SharedArrayBuffer) => Promise<unknown>,
  ) {
    this.#kept = kept.get(endpoint) ?? [];
    kept.set(endpoint, this.#kept);
    this.#memory = this.#kept.pop() ??
      createMemory(endpoint.control.threadCount);
    this.#queue = new StreamQueue(this.#memory, endpoint);
    this.#queue.reopen();
    this.ended = this.#observe(call(this.#memory));
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
  receive(): unknown[] | undefined | Promise<unknown[] | undefined> {
    return this.#queue.receive();
  }

  /** Ends the generator. Nobody needs its items. */
  close(): void {
    this.#queue.close();
    this.#queue.clear();
  }

  /** The generator has returned, and no more items are needed. */
  release(): void {
    this.#queue.clear();
    if (this.#kept.length < MAX_KEPT) this.#kept.push(this.#memory);
  }
}
