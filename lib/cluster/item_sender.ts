/**
 * Puts the items of a durable map into the work queue, several in one message if they take
 * little time.
 *
 * @module
 */

import type { ItemOutcome } from "./item_results.ts";
import { KIND } from "./frame.ts";
import { MAX_ITEMS, type Payloads } from "./payloads.ts";
import { rangeToken } from "./subjects.ts";

/** So long should a host take for the items of a message. */
const TARGET_US = 20_000;

/** What a sender needs. */
export interface SenderHost {
  readonly payloads: Payloads;
  /** Version of the tasks, if hosts should check it. */
  readonly version: string | undefined;
  /** Bytes of a message besides its frame. */
  readonly besides: number;
  /** Most items that share a message. */
  readonly maxItems: number;
  /** Stores a message; the range is the end of its subject. */
  publish(range: string, bytes: Uint8Array): Promise<void>;
  /** An item that cannot be sent has failed. */
  fail(index: number, outcome: ItemOutcome): void;
  /** A message cannot be stored. */
  broken(error: unknown): void;
}

/** Sends items. */
export class ItemSender {
  readonly #host: SenderHost;
  readonly #most: number;
  #items: unknown[] = [];
  #first = 0;
  #size = 1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: SenderHost) {
    this.#host = host;
    this.#most = Math.max(1, Math.min(MAX_ITEMS, host.maxItems));
  }

  /** How many items the next message may have. */
  get size(): number {
    return this.#size;
  }

  /** Sends an item, now or with those that follow in this turn of the event loop. */
  add(index: number, item: unknown): void {
    if (this.#items.length > 0 && this.#first + this.#items.length !== index) {
      this.flush();
    }
    if (this.#items.length === 0) this.#first = index;
    this.#items.push(item);
    if (this.#items.length >= this.#size) this.flush();
    else this.#timer ??= setTimeout(() => this.flush());
  }

  /** Learns how long a host took for the items of a message. */
  learn(count: number, microseconds: number): void {
    const each = Math.max(1, microseconds / count);
    const size = Math.floor(TARGET_US / each);
    // Not at once: a first item may be quick by chance.
    this.#size = Math.max(1, Math.min(size, 2 * this.#size, this.#most));
  }

  /** Sends what is waiting. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];

    this.#send(this.#first, items);
  }

  #send(first: number, items: readonly unknown[]): void {
    const { payloads, version: text, besides } = this.#host;
    let written: Uint8Array | Promise<Uint8Array>;
    try {
      written = payloads.writeItems({ kind: KIND.ITEMS, text }, items, besides);
    } catch (reason) {
      if (items.length === 1) {
        this.#host.fail(first, { status: "rejected", reason });
      } else {
        // One of them is at fault; each for itself.
        items.forEach((item, i) => this.#send(first + i, [item]));
      }
      return;
    }
    void this.#publish(rangeToken({ first, count: items.length }), written);
  }

  async #publish(
    range: string,
    written: Uint8Array | Promise<Uint8Array>,
  ): Promise<void> {
    try {
      await this.#host.publish(range, await written);
    } catch (error) {
      this.#host.broken(error);
    }
  }
}
