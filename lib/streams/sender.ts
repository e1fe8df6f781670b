/**
 * Sends the items of a mapping to the workers, several in one call if they take little time.
 *
 * @module
 */

import type { ItemResults } from "../calls/items.ts";
import { Group } from "./group.ts";
import type { GroupQueue } from "./group_queue.ts";
import { GroupSize } from "./group_size.ts";
import type { AnyMapOptions } from "./options.ts";

/** How a mapping calls the workers. */
export interface MapCalls<T, R> {
  /** Number of workers. */
  readonly workers: number;
  /**
   * Calls a worker with one item.
   *
   * @param isShort Whether items have taken so little time that the call need not be cancelled;
   * undefined if that is not known.
   */
  one(item: T, isShort: boolean | undefined): Promise<R>;
  /**
   * Calls a worker with several items. Undefined if each needs a call of its own, now or, by
   * what {@linkcode MapCalls.takesSeveral} says, always.
   */
  several(
    items: readonly T[],
    isShort: boolean | undefined,
  ): Promise<ItemResults> | undefined;
  /** Whether items may share a call. */
  takesSeveral(): boolean;
  /** The consumer has results to process: nothing has to wait for calls. */
  rest(): void;
  /** There are no more results: the consumer waits for calls. */
  hurry(): void;
  /** The mapping has ended: cancels the calls that are in flight, except short ones. */
  cancel(reason: unknown): void;
}

/** Items in flight for each worker if each has a call of its own. */
const ITEMS_PER_WORKER = 2;
/** Calls in flight for each worker if items share them: enough for a caller that is late. */
const CALLS_PER_WORKER = 16;
/** With so many items, the cost of a call is small already. */
const PREFERRED_SIZE = 32;
/** Most items in flight unless `concurrency` is given. */
const MAX_IN_FLIGHT = 4096;

/** Sends items that were read, and learns from each call how many the next ones may have. */
export class Sender<T, R> {
  readonly #calls: MapCalls<T, R>;
  readonly #concurrency: number | undefined;
  readonly #batch: number | undefined;
  readonly #queue: GroupQueue;
  readonly #ordered: boolean;
  readonly #settles: boolean;
  readonly #onSettled: (group: Group) => void;
  readonly #settle = (group: Group, results: ItemResults | undefined) =>
    this.#settled(group, results);
  readonly #size = new GroupSize();
  /** Most calls that keep the workers busy. */
  readonly #usefulCalls: number;
  /** Items that were read and not sent. */
  #unsent: T[] = [];
  /** Groups to use again. */
  readonly #free: Group[] = [];
  /** Number of calls that are not settled. */
  #callCount = 0;
  /** Number of items that were sent. */
  #sentCount = 0;
  #hasEnded = false;
  #isClosed = false;

  /**
   * @param queue Gets the groups: when they are sent if `ordered`, else when they are settled.
   * @param onSettled Called when a group in the queue is settled.
   */
  constructor(
    calls: MapCalls<T, R>,
    { concurrency, batch, ordered = true, settle = false }: AnyMapOptions,
    queue: GroupQueue,
    onSettled: (group: Group) => void,
  ) {
    this.#calls = calls;
    this.#concurrency = concurrency;
    this.#batch = batch;
    this.#queue = queue;
    this.#ordered = ordered;
    this.#settles = settle;
    this.#onSettled = onSettled;
    this.#usefulCalls = CALLS_PER_WORKER * calls.workers;
    if (batch !== undefined) this.#size.turnOff();
  }

  /** Most items in flight. */
  get limit(): number {
    const concurrency = this.#concurrency;
    if (concurrency !== undefined) {
      return concurrency > this.#usefulCalls && this.#canShare
        ? Math.min(concurrency, this.#usefulCalls * this.#size.current)
        : concurrency;
    }
    const calls = ITEMS_PER_WORKER * this.#calls.workers;
    const size = this.#batch ?? this.#size.current;
    if (size === 1) return calls;
    const least = this.#batch === undefined ? calls : calls * size;
    return Math.max(least, Math.min(this.#usefulCalls * size, MAX_IN_FLIGHT));
  }

  /** Adds an item, to be sent. */
  add(item: T): void {
    this.#unsent.push(item);
  }

  /** No more items will be added. */
  end(): void {
    this.#hasEnded = true;
  }

  /** Sends what was added, as far as it need not wait. */
  send(): void {
    while (this.#unsent.length > 0) {
      const unsent = this.#unsent;
      const size = this.#groupSize;
      if (unsent.length < size && this.#canWait) return;
      let items = unsent;
      if (unsent.length > size) items = unsent.splice(0, size);
      else this.#unsent = [];
      const group = this.#newGroup(this.#sentCount);
      this.#sentCount += items.length;
      if (this.#ordered) this.#queue.push(group);
      this.#start(group, items);
    }
  }

  /** Takes back a group that is not in the queue any more. */
  recycle(group: Group): void {
    group.reset();
    this.#free.push(group);
  }

  /** Drops what was not sent, and cancels what was. */
  close(reason: unknown): void {
    this.#isClosed = true;
    this.#unsent = [];
    this.#calls.cancel(reason);
  }

  /**
   * Whether fewer items than a call may have wait for more, until the next call settles. They
   * wait if all workers have calls, and for a batch that was asked for, if any has one.
   */
  get #canWait(): boolean {
    return this.#batch === undefined
      ? this.#callCount >= this.#usefulCalls
      : this.#callCount > 0 && !this.#hasEnded;
  }

  /**
   * Whether items will share calls if they take little time. Until that is known, more calls
   * with one item each than the workers need would only cost time.
   */
  get #canShare(): boolean {
    return this.#batch === undefined && this.#calls.takesSeveral();
  }

  /** Most items of the next call. */
  get #groupSize(): number {
    if (this.#batch !== undefined) return Math.min(this.#batch, this.limit);
    const size = this.#size.current;
    if (size === 1) return size;
    // As many calls for each worker as it would get items.
    const most = this.limit / (ITEMS_PER_WORKER * this.#calls.workers);
    const share = Math.max(this.limit / this.#usefulCalls, PREFERRED_SIZE);
    return Math.min(size, Math.ceil(most), Math.ceil(share));
  }

  /** @param index Number of items before its first one. */
  #newGroup(index: number): Group {
    const group = this.#free.pop() ?? new Group(this.#settles, this.#settle);
    group.index = index;
    return group;
  }

  /** Calls a worker with items that share a call, or with one that has its own. */
  #start(group: Group, items: readonly T[]): void {
    if (items.length > 1 || this.#size.takeMeasured()) {
      const results = this.#startSeveral(group, items);
      if (results !== undefined) {
        this.#callCount++;
        results.then(group.onReturn, group.onThrow);
        return;
      }
    }
    // The first takes the place of the group, and the others follow.
    if (items.length > 1) this.#startAfter(group, items.slice(1), 1);
    this.#startOne(group, items[0]);
  }

  #startOne(group: Group, item: T): void {
    this.#callCount++;
    this.#calls.one(item, this.#size.isShort)
      .then(group.onReturn, group.onThrow);
  }

  #startSeveral(
    group: Group,
    items: readonly T[],
  ): Promise<ItemResults> | undefined {
    if (!this.#calls.takesSeveral()) {
      this.#size.turnOff();
      return undefined;
    }
    const results = this.#calls.several(items, this.#size.isShort);
    if (results !== undefined) group.items = items;
    return results;
  }

  /**
   * Sends each of these items in a call of its own; their results follow those of `group`.
   *
   * @param first Index of the first of them in that group.
   */
  #startAfter(group: Group, items: readonly T[], first: number): void {
    const groups = items.map((_, i) => this.#newGroup(group.index + first + i));
    if (this.#ordered) this.#queue.insertAfter(group, groups);
    items.forEach((item, i) => this.#startOne(groups[i], item));
  }

  #settled(group: Group, results: ItemResults | undefined): void {
    this.#callCount--;
    if (this.#isClosed) return;
    if (results !== undefined) this.#note(group, results);
    if (!this.#ordered) this.#queue.push(group);
    this.send();
    this.#onSettled(group);
  }

  /** Learns from a call for several items, and sends those again that have not run. */
  #note(group: Group, results: ItemResults): void {
    const ran = results.values.length;
    this.#size.note(ran, results.elapsedUs);
    if (group.failure !== undefined) return;
    const rest = (group.items as readonly T[]).slice(ran);
    if (rest.length > 0) this.#startAfter(group, rest, ran);
  }
}
