/**
 * The queue of a channel.
 *
 * @module
 */

import { ChannelClosedError } from "../errors.ts";
import { type ItemRing, recordBytes } from "./item_ring.ts";
import { STATE, STATE_WORDS } from "./layout.ts";
import { Outcome } from "./limits.ts";
import type { Line } from "./line.ts";
import type { Monitor, MonitorRules } from "./monitor.ts";

/** State of a queue, behind that of its ring: 1 when it is closed. */
const CLOSED = STATE + STATE_WORDS - 1;

/** What is sent. */
export interface QueueItem {
  /** Its length in the ring. */
  readonly length: number;
  /** It must wait: other values may be serialised before it is written. */
  keep(): void;
}

/** Where items are written. */
export interface QueueItems<Item extends QueueItem> {
  /** Which items there are. */
  readonly ring: ItemRing;
  /** Adds an item for which there is room. Inside a step. */
  add(item: Item): void;
  /**
   * Takes the next item out. Inside a step.
   *
   * @returns Reads it, right after the step.
   */
  take(): () => unknown;
}

/** A queue, as one thread sees it. */
export class Queue<Item extends QueueItem> {
  readonly #items: QueueItems<Item>;
  readonly #monitor: Monitor;

  constructor(
    monitorOf: (rules: MonitorRules) => Monitor,
    items: QueueItems<Item>,
  ) {
    this.#items = items;
    this.#monitor = monitorOf({
      lines: [
        (want) => items.ring.hasRoom(want),
        () => items.ring.count !== 0 || this.isClosed,
      ],
      lostHolder() {},
    });
  }

  /** Where threads wait for room. */
  get senders(): Line {
    return this.#monitor.lines[0];
  }

  /** Where threads wait for items. */
  get receivers(): Line {
    return this.#monitor.lines[1];
  }

  /** Whether it is closed. */
  get isClosed(): boolean {
    return this.#monitor.words.load(CLOSED) !== 0;
  }

  /** Sends an item. */
  sending(item: Item): Outcome<boolean> {
    return new Sending(this, this.#items, item);
  }

  /** Receives the next item. */
  receiving<T>(): Outcome<IteratorResult<T, undefined>> {
    return new Receiving<T>(this, this.#items);
  }

  /** Adds an item in place of all others, unless the queue is closed. */
  replace(item: Item): void {
    const { ring } = this.#items;
    this.#monitor.run(() => {
      if (this.isClosed) return;
      while (ring.count !== 0) ring.remove();
      this.#items.add(item);
    });
  }

  /** Takes out all items, which nobody needs. */
  clear(): void {
    const { ring } = this.#items;
    this.#monitor.run(() => {
      while (ring.count !== 0) ring.remove();
    });
  }

  /** Items can be sent again. Nobody else uses the queue. */
  reopen(): void {
    this.#monitor.run(() => this.#monitor.words.store(CLOSED, 0));
  }

  /** No item can be sent any more. */
  close(): void {
    this.#monitor.run(() => {
      this.#monitor.words.store(CLOSED, 1);
      for (const line of this.#monitor.lines) line.wakeAll();
    });
  }
}

class Sending<Item extends QueueItem> extends Outcome<boolean> {
  readonly want: number;
  readonly #queue: Queue<Item>;
  readonly #items: QueueItems<Item>;
  readonly #item: Item;
  #isRefused = false;

  constructor(queue: Queue<Item>, items: QueueItems<Item>, item: Item) {
    super();
    this.#queue = queue;
    this.#items = items;
    this.#item = item;
    this.want = recordBytes(item.length);
  }

  attempt(isFirst: boolean): boolean {
    this.#isRefused = this.#queue.isClosed;
    if (this.#isRefused) return true;
    if (isFirst && this.#items.ring.hasRoom(this.want)) {
      this.#items.add(this.#item);
      return true;
    }
    this.#item.keep();
    return false;
  }

  take(): boolean {
    if (!this.#isRefused) return true;
    throw new ChannelClosedError(
      "Cannot send: the channel is closed; stop its senders before close()",
    );
  }
}

class Receiving<T> extends Outcome<IteratorResult<T, undefined>> {
  readonly want = 0;
  readonly #queue: { readonly isClosed: boolean };
  readonly #items: QueueItems<never>;
  #read: (() => unknown) | undefined;

  constructor(
    queue: { readonly isClosed: boolean },
    items: QueueItems<never>,
  ) {
    super();
    this.#queue = queue;
    this.#items = items;
  }

  attempt(isFirst: boolean): boolean {
    if (this.#items.ring.count === 0) return this.#queue.isClosed;
    if (isFirst) this.#read = this.#items.take();
    return isFirst;
  }

  take(): IteratorResult<T, undefined> {
    return this.#read === undefined
      ? { value: undefined, done: true }
      : { value: this.#read() as T, done: false };
  }
}
