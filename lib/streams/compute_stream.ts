/**
 * The items of a generator that runs on a worker.
 *
 * @module
 */

import type { StreamSource } from "./stream_source.ts";

/** Ends the generators of iterators that nobody uses any more. */
const abandoned = new FinalizationRegistry<{ source?: StreamSource }>(
  ({ source }) => source?.close(),
);

/** Iterates over items that arrive in batches. The generator starts with the first `next()`. */
export class ComputeStream<T> implements AsyncIterableIterator<T> {
  readonly #open: () => Promise<StreamSource>;
  /** Refers to the source, which must not refer to this iterator. */
  readonly #opened: { source?: StreamSource } = {};
  #opening: Promise<StreamSource> | undefined;
  #batch: readonly unknown[] = [];
  #returned = 0;
  /** Number of calls of next() that wait. */
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  #hasEnded = false;
  #isReleased = false;

  /** @param open Starts the generator. */
  constructor(open: () => Promise<StreamSource>) {
    this.#open = open;
    abandoned.register(this, this.#opened, this);
  }

  /** Returns the next item. Calls are served one after another. */
  next(): Promise<IteratorResult<T, undefined>> {
    // Fast path: most items are there already.
    if (this.#waiting === 0 && this.#returned < this.#batch.length) {
      const value = this.#batch[this.#returned++] as T;
      return Promise.resolve({ value, done: false });
    }
    this.#waiting++;
    const next = this.#last.then(() => this.#next());
    this.#last = next.catch(() => {});
    return next;
  }

  /** Ends the generator, and resolves when its `finally` blocks have run. */
  async return(): Promise<IteratorResult<T, undefined>> {
    const source = this.#end() ?? await this.#opening?.catch(() => undefined);
    source?.close();
    await source?.ended;
    this.#release(source);
    return { value: undefined, done: true };
  }

  /** Does what `return()` does. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    try {
      while (!this.#hasEnded) {
        if (this.#returned < this.#batch.length) {
          const value = this.#batch[this.#returned++] as T;
          return { value, done: false };
        }
        const source = this.#opened.source ?? await this.#start();
        const batch = await source.receive();
        if (this.#hasEnded) break;
        if (batch === undefined) {
          this.#end();
          await source.ended;
          this.#release(source);
          break;
        }
        this.#batch = batch;
        this.#returned = 0;
      }
    } catch (error) {
      this.#end()?.close();
      throw error;
    } finally {
      this.#waiting--;
    }
    return { value: undefined, done: true };
  }

  async #start(): Promise<StreamSource> {
    this.#opening = this.#open();
    return this.#opened.source = await this.#opening;
  }

  /** The generator has returned: its memory can be used again, once. */
  #release(source: StreamSource | undefined): void {
    if (source === undefined || this.#isReleased) return;
    this.#isReleased = true;
    source.release();
  }

  /** No more items; returns the source, if it was opened. */
  #end(): StreamSource | undefined {
    this.#hasEnded = true;
    this.#batch = [];
    this.#returned = 0;
    abandoned.unregister(this);
    return this.#opened.source;
  }
}
