/**
 * Maps what a source yields by asynchronous calls, several at a time.
 *
 * @module
 */

/** Where items come from. */
export type Source<T> = AsyncIterable<T> | Iterable<T> | ReadableStream<T>;

/** How a source is mapped. */
export interface MapOptions {
  /** Items that may be on their way at once; default twice the compute threads. */
  readonly concurrency?: number;
  /** Whether results come in the order of their items; default true. */
  readonly ordered?: boolean;
  /** Ends the mapping when it is aborted. */
  readonly signal?: AbortSignal;
}

/** An item on its way: read, and its result not taken yet. */
interface Item<R> {
  readonly state: "running" | "returned" | "threw";
  readonly value: R | unknown;
}

/**
 * The results of `call` for each item of a source.
 *
 * An item is on its way from the moment it is read until the consumer, having had its
 * result, asks for the next one. There are never more than `concurrency` of them, and
 * nothing is read before the consumer asks for the first: a slow consumer slows the source.
 */
export class ConcurrentMap<T, R> implements AsyncIterableIterator<R> {
  readonly #iterator: AsyncIterator<T> | Iterator<T>;
  readonly #call: (item: T) => Promise<R>;
  readonly #concurrency: number;
  readonly #ordered: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = () => void this.#close(this.#signal!.reason, true);
  /** In the order in which results are due. */
  readonly #due: Item<R>[] = [];
  #head = 0;
  #onTheirWay = 0;
  #reading = false;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  /** Whether the consumer has a result that it has not done with. */
  #taken = 0;
  /** Calls of next() that are not settled, and the last of them. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** @param concurrency Largest number of items on their way. */
  constructor(
    source: Source<T>,
    call: (item: T) => Promise<R>,
    concurrency: number,
    { ordered = true, signal }: MapOptions,
  ) {
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new RangeError(
        `Cannot map source: concurrency must be a whole number from 1 up, got ${concurrency}`,
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

  /** The next result. Several calls at once get theirs one after another. */
  next(): Promise<IteratorResult<R>> {
    if (this.#waiting !== 0) {
      this.#waiting++;
      return this.#last = this.#last.then(
        () => this.#next(),
        () => this.#next(),
      ).finally(() => this.#waiting--);
    }
    // Most results are there already: no detour through an async function.
    this.#release();
    const result = this.#tryNext();
    if (result !== undefined) return Promise.resolve(result);
    this.#waiting++;
    return this.#last = this.#next().finally(() => this.#waiting--);
  }

  async #next(): Promise<IteratorResult<R>> {
    this.#release();
    while (true) {
      const result = this.#tryNext();
      if (result !== undefined) return result;
      const failure = this.#failure;
      if (failure !== undefined) {
        // Told once; after it the mapping is over.
        this.#failure = undefined;
        throw failure.error;
      }
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  /** What the consumer was given before is done with. */
  #release(): void {
    this.#onTheirWay -= this.#taken;
    this.#taken = 0;
  }

  /** The next result if it is there; undefined too when there is a failure to tell. */
  #tryNext(): IteratorResult<R> | undefined {
    if (this.#failure !== undefined) return undefined;
    this.#read();
    const item = this.#takeSettled();
    if (item?.state === "returned") {
      this.#taken = 1;
      return { done: false, value: item.value as R };
    }
    if (item !== undefined) void this.#close(item.value, true);
    if (this.#failure !== undefined || this.#onTheirWay !== 0) return undefined;
    if (!this.#ended) return undefined;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    return { done: true, value: undefined };
  }

  /** Ends the mapping: calls that have begun run to their end, unheard. */
  async return(): Promise<IteratorResult<R>> {
    await this.#close(undefined, false);
    return { done: true, value: undefined };
  }

  /** This object itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Reads as much as may be on its way. */
  #read(): void {
    while (
      !this.#reading && !this.#ended && this.#onTheirWay < this.#concurrency
    ) {
      let result: IteratorResult<T> | Promise<IteratorResult<T>>;
      try {
        result = this.#iterator.next();
      } catch (error) {
        return this.#sourceFailed(error);
      }
      if (!isPromise(result)) {
        this.#take(result);
        continue;
      }
      this.#reading = true;
      result.then((result) => {
        this.#reading = false;
        this.#take(result);
        // Go on while the consumer is busy with what it has.
        this.#read();
        this.#notify();
      }, (error) => {
        this.#reading = false;
        this.#sourceFailed(error);
      });
    }
  }

  /** Begins the call for what the source has yielded. */
  #take(result: IteratorResult<T>): void {
    if (this.#ended) return;
    if (result.done) {
      this.#ended = true;
      return;
    }
    this.#onTheirWay++;
    const item = { state: "running", value: undefined } as {
      state: Item<R>["state"];
      value: unknown;
    };
    if (this.#ordered) this.#due.push(item);
    this.#call(result.value).then((value) => {
      item.state = "returned";
      item.value = value;
      this.#settled(item);
    }, (error) => {
      item.state = "threw";
      item.value = error;
      this.#settled(item);
    });
  }

  #settled(item: Item<R>): void {
    if (this.#closed) return;
    if (!this.#ordered) this.#due.push(item);
    if (this.#wake !== undefined && this.#due[this.#head] === item) {
      this.#notify();
    }
  }

  /** Takes the item whose result is due, once it is there. */
  #takeSettled(): Item<R> | undefined {
    const item = this.#due[this.#head];
    if (item === undefined || item.state === "running") return undefined;
    // Cheaper than shift() for each.
    if (++this.#head >= this.#concurrency) {
      this.#due.splice(0, this.#head);
      this.#head = 0;
    }
    return item;
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #sourceFailed(error: unknown): void {
    if (!this.#ended) void this.#close(error, true, false);
  }

  /** Stops the source. What is on its way is not waited for. */
  async #close(
    error: unknown,
    hasFailed: boolean,
    returns = true,
  ): Promise<void> {
    const wasEnded = this.#ended;
    this.#ended = this.#closed = true;
    this.#onTheirWay = 0;
    this.#taken = 0;
    this.#due.length = this.#head = 0;
    this.#signal?.removeEventListener("abort", this.#onAbort);
    if (hasFailed) this.#failure ??= { error };
    this.#notify();
    if (wasEnded || !returns) return;
    const returned = this.#returnSource(error);
    // What the consumer is told already matters more. And a generator that is in the middle
    // of something would only return after it, however long that takes.
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

/** Not the stream's own iterator, which cannot be cancelled while it reads. */
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
