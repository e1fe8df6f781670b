/**
 * Runs generators for the streams of other threads.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import type { Clock } from "../limits/clock.ts";
import { SharedQueue } from "../monitor/shared_queue.ts";
import type { Functions } from "../tasks/functions.ts";
import type { StreamArguments } from "./serve_stream.ts";

/** Most items of a batch. */
const MAX_ITEMS = 512;
/** Most bytes of a batch of several items. */
const MAX_BYTES = 1 << 14;
/** A batch is sent after so many milliseconds, or earlier. */
const LIMIT_MS = 0.05;
/** Items between two readings of the clock, once they come fast. */
const ITEMS_PER_LOOK = 4;
/** How many turns of microtasks an item may take to belong to the batch before it. */
const TURNS = 4;

/** Runs one generator. */
export async function runStream(
  endpoint: Endpoint,
  functions: Functions,
  request: StreamArguments,
): Promise<void> {
  const memory = request.pop() as SharedArrayBuffer;
  const task = request.pop() as number;
  const queue = new SharedQueue(memory, endpoint);
  const batches = new Batches(queue, endpoint.host.clock);
  try {
    const fn = await functions.load(task);
    const items = fn(...request) as Partial<
      Iterable<unknown> & AsyncIterable<unknown>
    >;
    if (typeof items?.[Symbol.asyncIterator] === "function") {
      await sendAsync(items[Symbol.asyncIterator]!(), batches);
    } else if (typeof items?.[Symbol.iterator] === "function") {
      await sendSync(items[Symbol.iterator]!(), batches);
    } else {
      throw new TypeError(
        `Cannot stream items: the task returned ${
          describe(items)
        }; pass a generator ` +
          `function, or one that returns an iterable`,
      );
    }
  } catch (error) {
    // The items before it come first.
    await batches.flush();
    throw functions.explain(task, error, "computeStream");
  } finally {
    queue.close();
  }
}

async function sendSync(
  items: Iterator<unknown>,
  batches: Batches,
): Promise<void> {
  while (true) {
    const next = items.next();
    if (next.done) break;
    if (!batches.add(next.value)) continue;
    const sent = batches.flush();
    if (sent === true || await sent) continue;
    items.return?.();
    return;
  }
  await batches.flush();
}

async function sendAsync(
  items: AsyncIterator<unknown>,
  batches: Batches,
): Promise<void> {
  while (true) {
    const next = items.next();
    if (!batches.isEmpty && !await isSettledSoon(next)) {
      if (!await batches.flush()) return void await end(items, next);
    }
    const { value, done } = await next;
    if (done) break;
    if (batches.add(value) && !await batches.flush()) {
      return void await end(items);
    }
  }
  await batches.flush();
}

/** Ends a generator, after the item that it may be about to yield. */
async function end(
  items: AsyncIterator<unknown>,
  last?: Promise<unknown>,
): Promise<void> {
  await Promise.all([last, items.return?.()]);
}

/** Whether a promise settles within a few turns of microtasks. */
async function isSettledSoon(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  const settle = () => isSettled = true;
  promise.then(settle, settle);
  for (let turn = 0; turn < TURNS && !isSettled; turn++) await undefined;
  return isSettled;
}

/**
 * Items that are sent together. A batch has one item until items come fast, so that no item
 * waits for one that takes long.
 */
class Batches {
  readonly #queue: SharedQueue;
  #values: unknown[] = [];
  #size = 1;
  #startMs: number;
  readonly #clock: Clock;

  constructor(queue: SharedQueue, clock: Clock) {
    this.#queue = queue;
    this.#clock = clock;
    this.#startMs = clock.now();
  }

  get isEmpty(): boolean {
    return this.#values.length === 0;
  }

  /** Adds an item; returns whether the batch must be sent. */
  add(value: unknown): boolean {
    const count = this.#values.push(value);
    if (count >= this.#size) return true;
    if (count % ITEMS_PER_LOOK !== 0) return false;
    return this.#clock.now() - this.#startMs >= LIMIT_MS;
  }

  /** Sends the batch; returns whether the consumer wants more, or a promise of that. */
  flush(): boolean | Promise<boolean> {
    const values = this.#values;
    if (values.length === 0) return true;
    this.#values = [];
    const isFast = this.#clock.now() - this.#startMs < LIMIT_MS;
    this.#size = isFast
      ? Math.min(MAX_ITEMS, this.#size * 2)
      : Math.max(1, this.#size >> 1);
    const sent = this.#send(values);
    const { batchBytes } = this.#queue;
    if (batchBytes > MAX_BYTES) {
      const fits = Math.floor(values.length * MAX_BYTES / batchBytes);
      this.#size = Math.max(1, fits);
    }
    this.#startMs = this.#clock.now();
    return sent;
  }

  #send(values: readonly unknown[]): boolean | Promise<boolean> {
    try {
      return this.#queue.sendBatch(values);
    } catch (error) {
      if (values.length === 1) throw error;
      return this.#sendEach(values);
    }
  }

  /** Sends one by one, up to the first that cannot be sent. */
  async #sendEach(values: readonly unknown[]): Promise<boolean> {
    for (const value of values) {
      if (!await this.#queue.sendBatch([value])) return false;
    }
    return true;
  }
}

function describe(value: unknown): string {
  return value === null || value === undefined ? `${value}` : typeof value;
}
