/**
 * Maps the items of a source by asynchronous calls, with several in flight.
 *
 * @module
 */

/** A source of items. */
export type Source<T> = AsyncIterable<T> | Iterable<T> | ReadableStream<T>;

/** Options for `computeMap()` and `computeTransform()`. */
export interface MapOptions {
  /** Maximum number of items in flight. Defaults to twice the number of compute workers. */
  readonly concurrency?: number;
  /** Whether results are in the order of their items. Defaults to true. */
  readonly ordered?: boolean;
  /** Ends the mapping when aborted. */
  readonly signal?: AbortSignal;
}

/** Items in flight for each compute worker when `concurrency` is not given. */
const ITEMS_PER_WORKER = 2;

/** How many items are in flight at most, on so many compute workers. */
export function concurrencyOf(options: MapOptions, workers: number): number {
  return options.concurrency ?? workers * ITEMS_PER_WORKER;
}

/**
 * An item that was read, and whose result was not returned yet. It is used again for a later
 * item, so that each item needs no functions of its own.
 */
class Item {
  state: "running" | "returned" | "threw" = "running";
  value: unknown = undefined;
  /** Reactions to the promise of the item's call. */
  readonly onReturn: (value: unknown) => void;
  readonly onThrow: (error: unknown) => void;

  constructor(settled: (item: Item) => void) {
    this.onReturn = (value) => {
      this.state = "returned";
      this.value = value;
      settled(this);
    };
    this.onThrow = (error) => {
      this.state = "threw";
      this.value = error;
      settled(this);
    };
  }
}

/** Something that was thrown. */
interface Failure {
  readonly error: unknown;
}

/**
 * Iterates over the results of `call` for each item of a source.
 *
 * An item is in flight from the moment it is read until the consumer has received its result
 * and requests the next one. At most `concurrency` items are in flight, and nothing is read
 * before the consumer requests the first result, so a slow consumer slows the source.
 */
export class ConcurrentMap<T, R> implements AsyncIterableIterator<R> {
  readonly #iterator: AsyncIterator<T> | Iterator<T>;
  readonly #call: (item: T) => Promise<R>;
  readonly #concurrency: number;
  readonly #ordered: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this.#close(this.#signal!.reason, true);
  /** Items in the order in which their results are returned. */
  readonly #queue: Item[] = [];
  /** Items whose results were returned. */
  readonly #free: Item[] = [];
  readonly #onSettled = (item: Item) => this.#settled(item);
  #head = 0;
  #inFlight = 0;
  #reading = false;
  #ended = false;
  /** What the consumer gets instead of the next result. */
  #failure: Failure | undefined;
  /** What the source threw: the consumer gets the results of all items read before it first. */
  #sourceFailure: Failure | undefined;
  #wake: (() => void) | undefined;
  /** Items whose results the consumer is processing: 0 or 1. */
  #consuming = 0;
  /** Number of pending calls of next(). */
  #pending = 0;
  /** The last call of next(). */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param concurrency Maximum number of items in flight. */
  constructor(
    source: Source<T>,
    call: (item: T) => Promise<R>,
    concurrency: number,
    { ordered = true, signal }: MapOptions,
  ) {
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new RangeError(
        `Cannot map source: concurrency must be a positive integer, got ${concurrency}`,
      );
    }
    this.#iterator = iteratorOf(source);
    this.#call = call;
    this.#concurrency = concurrency;
    this.#ordered = ordered;
    this.#signal = signal;
    if (signal?.aborted) void this.#close(signal.reason, true);
    else signal?.addEventListener("abort", this.#onAbort);
  }

  /** Returns the next result. Concurrent calls are served one after another. */
  next(): Promise<IteratorResult<R>> {
    if (this.#pending !== 0) {
      this.#pending++;
      return this.#last = this.#last.then(
        () => this.#next(),
        () => this.#next(),
      ).finally(() => this.#pending--);
    }
    // Fast path: the result is often available, so no async function is needed.
    this.#release();
    const result = this.#tryNext();
    if (result !== undefined) return Promise.resolve(result);
    this.#pending++;
    return this.#last = this.#next().finally(() => this.#pending--);
  }

  async #next(): Promise<IteratorResult<R>> {
    this.#release();
    while (true) {
      const result = this.#tryNext();
      if (result !== undefined) return result;
      const failure = this.#failure;
      if (failure !== undefined) {
        // Throw it once; then the mapping has ended.
        this.#failure = undefined;
        throw failure.error;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** The consumer has processed the result it received before. */
  #release(): void {
    this.#inFlight -= this.#consuming;
    this.#consuming = 0;
  }

  /** The next result if it is available; undefined if it is not, or after a failure. */
  #tryNext(): IteratorResult<R> | undefined {
    if (this.#failure !== undefined) return undefined;
    // While results are ready, new calls can wait: many at once cost much less each. From
    // half of them on they are sent, so that the workers do not run out of calls.
    if (!this.#isReady || this.#inFlight * 2 <= this.#concurrency) this.#read();
    const item = this.#takeSettled();
    if (item?.state === "returned") {
      this.#consuming = 1;
      const value = item.value as R;
      item.state = "running";
      item.value = undefined;
      this.#free.push(item);
      return { done: false, value };
    }
    if (item !== undefined) void this.#close(item.value, true);
    if (this.#failure !== undefined || this.#inFlight !== 0) return undefined;
    if (!this.#ended) return undefined;
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

  /** Reads items until `concurrency` are in flight. */
  #read(): void {
    while (
      !this.#reading && !this.#ended && this.#inFlight < this.#concurrency
    ) {
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
  }

  /** Takes what an asynchronous source yields and continues to read. */
  async #takeLater(result: Promise<IteratorResult<T>>): Promise<void> {
    try {
      const settled = await result;
      this.#reading = false;
      this.#take(settled);
      // Continue to read while the consumer processes its result.
      this.#read();
    } catch (error) {
      this.#reading = false;
      this.#sourceFailed(error);
    }
    this.#notify();
  }

  /** Starts the call for an item of the source. */
  #take(result: IteratorResult<T>): void {
    if (this.#ended) return;
    if (result.done) {
      this.#ended = true;
      return;
    }
    // May be a getter that throws, so read it before anything changes.
    const { value } = result;
    this.#inFlight++;
    const item = this.#free.pop() ?? new Item(this.#onSettled);
    if (this.#ordered) this.#queue.push(item);
    this.#call(value).then(item.onReturn, item.onThrow);
  }

  #settled(item: Item): void {
    if (this.#closed) return;
    if (!this.#ordered) this.#queue.push(item);
    if (this.#wake !== undefined && this.#queue[this.#head] === item) {
      this.#notify();
    }
  }

  /** Whether the next result is there. */
  get #isReady(): boolean {
    const item = this.#queue[this.#head];
    return item !== undefined && item.state !== "running";
  }

  /** Removes the next item from the queue if its call has settled. */
  #takeSettled(): Item | undefined {
    if (!this.#isReady) return undefined;
    const item = this.#queue[this.#head];
    // Cheaper than a shift() for each item.
    if (++this.#head >= this.#concurrency) {
      this.#queue.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** The source has ended by itself, so it is not closed. */
  #sourceFailed(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sourceFailure = { error };
  }

  /** Stops the source without waiting for items in flight. */
  async #close(error: unknown, hasFailed: boolean): Promise<void> {
    const wasEnded = this.#ended;
    this.#ended = this.#closed = true;
    this.#inFlight = 0;
    this.#consuming = 0;
    this.#queue.length = this.#head = 0;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    this.#sourceFailure = undefined;
    if (hasFailed) this.#failure ??= { error };
    this.#notify();
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

function iteratorOf<T>(source: Source<T>): AsyncIterator<T> | Iterator<T> {
  if (source instanceof ReadableStream) return streamIterator(source);
  const iterable = source as Partial<AsyncIterable<T> & Iterable<T>>;
  const iterator = iterable?.[Symbol.asyncIterator]?.() ??
    iterable?.[Symbol.iterator]?.();
  if (iterator !== undefined) return iterator;
  throw new TypeError(
    "Cannot map source: it must be an iterable, an async iterable or a ReadableStream",
  );
}

/** Unlike the stream's own iterator, this one can be cancelled while it reads. */
function streamIterator<T>(stream: ReadableStream<T>): AsyncIterator<T> {
  const reader = stream.getReader();
  return {
    next: () => reader.read() as Promise<IteratorResult<T>>,
    async return(reason) {
      await reader.cancel(reason);
      return { done: true, value: undefined };
    },
  };
}

function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T>).then === "function";
}
