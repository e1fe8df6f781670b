/**
 * Receives the reports of one call.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { SharedQueue } from "../monitor/shared_queue.ts";
import type { Reporter } from "./report.ts";

const SIZE = { capacity: 1, bytes: 1 << 12 };

/** The reports of one call. */
export class Reports {
  readonly #queue: SharedQueue;
  readonly #endpoint: Endpoint;
  readonly #onProgress: Reporter;
  readonly #received: Promise<void>;

  constructor(endpoint: Endpoint, onProgress: Reporter) {
    this.#endpoint = endpoint;
    this.#onProgress = onProgress;
    this.#queue = SharedQueue.create(endpoint, SIZE);
    this.#received = this.#receive();
    // What the listener throws rejects the call.
    this.#received.catch(() => {});
  }

  /** The memory of the queue. */
  get memory(): SharedArrayBuffer {
    return this.#queue.memory;
  }

  /**
   * The call has ended. Resolves when the last report was passed.
   *
   * @throws What the listener has thrown.
   */
  async end(): Promise<void> {
    // The worker may have ended before it closed the queue.
    this.#queue.close();
    await this.#received;
    this.#queue.release(this.#endpoint);
  }

  async #receive(): Promise<void> {
    while (true) {
      const { value, done } = await this.#queue.receive();
      if (done) return;
      this.#onProgress(value);
    }
  }
}
