/**
 * Maps the items of a source by asynchronous calls, with several in flight.
 *
 * @module
 */

import { type Failure, Group } from "./group.ts";
import { GroupQueue } from "./group_queue.ts";
import { type AnyMapOptions, checkMapOptions } from "./options.ts";
import { type MapCalls, Sender } from "./sender.ts";
import {
  isPromise,
  iteratorOf,
  type Source,
  type SourceIterator,
} from "./source.ts";

/** A call of next() that waits for a result. */
interface Request<R> {
  readonly resolve: (result: IteratorResult<R>) => void;
  readonly reject: (error: unknown) => void;
}

const NO_GROUP = new Group(false, ignore);
const NO_VALUES: readonly unknown[] = [];

/**
 * Iterates over the results of `call` for each item of a source.
 *
 * An item is in flight from the moment it is read until the consumer has received its result
 * and requests the next one. At most `concurrency` items are in flight, and nothing is read
 * before the consumer requests the first result, so a slow consumer slows the source.
 */
export class ConcurrentMap<T, R> implements AsyncIterableIterator<R> {
  readonly #iterator: SourceIterator<T>;
  readonly #queue = new GroupQueue();
  readonly #calls: MapCalls<T, R>;
  readonly #sender: Sender<T, R>;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this.#close(this.#signal!.reason, true);
  /** The group whose results are being returned: the first of the queue, or none. */
  #open: Group = NO_GROUP;
  /** Its results. */
  #values: readonly unknown[] = NO_VALUES;
  /** How many of them were returned. */
  #returned = 0;
  /** How many can be returned before there is something else to do. */
  #quick = 0;
  /** How many no longer count as in flight. */
  #released = 0;
  #inFlight = 0;
  #reading = false;
  #ended = false;
  /** What the consumer gets instead of the next result. */
  #failure: Failure | undefined;
  /** What the source threw: the consumer gets the results of all items read before it first. */
  #sourceFailure: Failure | undefined;
  /** Calls of next() that wait for a result. */
  readonly #requests: Request<R>[] = [];
  #newRequest!: Request<R>;
  readonly #executor = (
    resolve: Request<R>["resolve"],
    reject: Request<R>["reject"],
  ): void => {
    this.#newRequest = { resolve, reject };
  };
  #isServing = false;

  constructor(
    source: Source<T>,
    calls: MapCalls<T, R>,
    options: AnyMapOptions,
  ) {
    checkMapOptions(options);
    const { signal } = options;
    this.#iterator = iteratorOf(source, "map source");
    this.#calls = calls;
    this.#sender = new Sender(calls, options, this.#queue, (group) => {
      if (group === this.#queue.first) this.#serve();
    });
    this.#signal = signal;
    if (signal?.aborted) void this.#close(signal.reason, true);
    else signal?.addEventListener("abort", this.#onAbort);
  }

  /** Returns the next result. Concurrent calls are served one after another. */
  next(): Promise<IteratorResult<R>> {
    const isFirst = this.#requests.length === 0;
    // Fast path: most results are there already.
    if (isFirst && this.#returned < this.#quick) {
      const value = this.#values[this.#returned++] as R;
      return Promise.resolve({ done: false, value });
    }
    if (isFirst && this.#failure === undefined) {
      const result = this.#tryNext();
      if (result !== undefined) return Promise.resolve(result);
    }
    const promise = new Promise<IteratorResult<R>>(this.#executor);
    this.#requests.push(this.#newRequest);
    if (isFirst && this.#failure !== undefined) this.#serve();
    return promise;
  }

  /** Serves calls of next(), oldest first, as far as there are results. */
  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#requests.length > 0) {
      const result = this.#tryNext();
      const failure = this.#failure;
      if (result !== undefined) this.#requests.shift()!.resolve(result);
      else if (failure !== undefined) {
        // Throw it once; then the mapping has ended.
        this.#failure = undefined;
        this.#requests.shift()!.reject(failure.error);
      } else break;
    }
    this.#isServing = false;
  }

  /** The consumer has processed all results that it received, or all but the last. */
  #release(processing: 0 | 1): void {
    const count = this.#returned - processing - this.#released;
    if (count <= 0) return;
    this.#inFlight -= count;
    this.#released += count;
  }

  /** The next result if it is available; undefined if it is not, or after a failure. */
  #tryNext(): IteratorResult<R> | undefined {
    if (this.#failure !== undefined) return undefined;
    this.#release(0);
    this.#removeReturned();
    // While results are ready, new calls can wait: many at once cost much less each. From
    // half of them on they are sent, so that the workers do not run out of calls.
    if (!this.#isReady || this.#inFlight * 2 <= this.#sender.limit) {
      this.#read();
    }
    if (this.#isReady) {
      this.#openFirst();
      if (this.#returned < this.#values.length) {
        const value = this.#values[this.#returned++] as R;
        if (this.#returned < this.#quick) this.#calls.rest();
        return { done: false, value };
      }
      void this.#close(this.#open.failure!.error, true);
    }
    if (this.#failure !== undefined) return undefined;
    if (this.#inFlight !== 0 || !this.#ended) {
      this.#calls.hurry();
      return undefined;
    }
    this.#signal?.removeEventListener("abort", this.#onAbort);
    if (this.#sourceFailure !== undefined) {
      this.#failure = this.#sourceFailure;
      this.#sourceFailure = undefined;
      return undefined;
    }
    return { done: true, value: undefined };
  }

  /** Ends the mapping. Calls in flight complete, and their results are dropped. */
  async return(): Promise<IteratorResult<R>> {
    await this.#close(undefined, false);
    return { done: true, value: undefined };
  }

  /** Returns this object. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Reads items until the limit is in flight, and sends them. */
  #read(): void {
    const { limit } = this.#sender;
    while (!this.#reading && !this.#ended && this.#inFlight < limit) {
      try {
        const result = this.#iterator.next();
        if (!isPromise(result)) {
          this.#take(result);
          continue;
        }
        this.#reading = true;
        void this.#takeLater(result);
      } catch (error) {
        this.#sourceFailed(error);
      }
    }
    this.#sender.send();
  }

  /** Takes what an asynchronous source yields and continues to read. */
  async #takeLater(result: Promise<IteratorResult<T>>): Promise<void> {
    try {
      const settled = await result;
      this.#reading = false;
      this.#take(settled);
      this.#release(1);
      // Continue to read while the consumer processes its result.
      this.#read();
    } catch (error) {
      this.#reading = false;
      this.#sourceFailed(error);
    }
    this.#serve();
  }

  /** Takes an item of the source, to be sent. */
  #take(result: IteratorResult<T>): void {
    if (this.#ended) return;
    if (result.done) return this.#sourceEnded();
    // May be a getter that throws, so read it before anything changes.
    const { value } = result;
    this.#inFlight++;
    this.#sender.add(value);
  }

  /** Whether the next result is there. */
  get #isReady(): boolean {
    const group = this.#queue.first;
    return group !== undefined && group.isSettled;
  }

  /** Begins or continues to return the results of the first group, which is settled. */
  #openFirst(): void {
    const group = this.#queue.first!;
    if (this.#open !== group) {
      this.#open = group;
      this.#values = group.values;
      this.#returned = this.#released = 0;
    }
    // Until it is time to read more; an asynchronous source is read as it yields.
    const { length } = this.#values;
    this.#quick = this.#ended || this.#reading ? length : Math.min(
      length,
      this.#released + this.#inFlight - (this.#sender.limit >> 1),
    );
  }

  /** Removes the first group of the queue if nothing of it is left to return. */
  #removeReturned(): void {
    const group = this.#open;
    if (
      group === NO_GROUP || group.failure !== undefined ||
      this.#returned < this.#values.length
    ) return;
    this.#closeGroup();
    this.#queue.removeFirst();
    this.#sender.recycle(group);
  }

  #closeGroup(): void {
    this.#open = NO_GROUP;
    this.#values = NO_VALUES;
    this.#returned = this.#quick = this.#released = 0;
  }

  /** The source has ended by itself, so it is not closed. */
  #sourceEnded(): void {
    this.#ended = true;
    this.#sender.end();
  }

  #sourceFailed(error: unknown): void {
    if (this.#ended) return;
    this.#sourceEnded();
    this.#sourceFailure = { error };
  }

  /** Stops the source without waiting for items in flight. */
  async #close(error: unknown, hasFailed: boolean): Promise<void> {
    const wasEnded = this.#ended;
    this.#ended = true;
    this.#inFlight = 0;
    this.#sender.close();
    this.#queue.clear();
    this.#closeGroup();
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#sourceFailure = undefined;
    if (hasFailed) this.#failure ??= { error };
    this.#serve();
    if (wasEnded) return;
    const returned = this.#returnSource(error);
    // After a failure, an error of return() is ignored. And a generator returns only after
    // the step that it is executing, which may take any time, so do not wait for it.
    if (hasFailed || this.#reading) returned.catch(ignore);
    else await returned;
  }

  async #returnSource(reason: unknown): Promise<void> {
    await this.#iterator.return?.(reason);
  }
}

function ignore(): void {}
