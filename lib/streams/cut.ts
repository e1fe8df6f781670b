/**
 * Cuts streams of bytes, in the two forms that streams have.
 *
 * @module
 */

import type { TransformPair } from "./options.ts";
import {
  isPromise,
  iteratorOf,
  type ReadyIterator,
  type Source,
  type SourceIterator,
  TRY_NEXT,
} from "./source.ts";

/** Cuts bytes into pieces. */
export interface Cutter<R> {
  /** Takes the next bytes, whose memory may be used again, and returns complete pieces. */
  push(bytes: Uint8Array): R[];
  /** Returns what is left at the end. */
  end(): R[];
  /** Throws what comes after those pieces, if something is wrong with the bytes. */
  check(): void;
}

/** The pieces of a source: as many as its next bytes complete, without waiting between them. */
export class CutSource<R>
  implements AsyncIterableIterator<R>, ReadyIterator<R> {
  readonly #source: SourceIterator<Uint8Array>;
  readonly #cutter: Cutter<R>;
  #pieces: R[] = [];
  #returned = 0;
  #hasEnded = false;
  /** The last call of next() that had to wait: the next one waits for it. */
  #last: Promise<unknown> | undefined;

  constructor(source: Source<Uint8Array>, cutter: Cutter<R>) {
    this.#source = iteratorOf(source, "cut source");
    this.#cutter = cutter;
  }

  /** Returns this object. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  [TRY_NEXT](): IteratorResult<R> | undefined {
    if (this.#returned < this.#pieces.length) {
      return { done: false, value: this.#pieces[this.#returned++] };
    }
    return this.#hasEnded ? { done: true, value: undefined } : undefined;
  }

  /** Returns the next piece. */
  next(): Promise<IteratorResult<R>> {
    if (this.#last === undefined) {
      const ready = this[TRY_NEXT]();
      if (ready !== undefined) return Promise.resolve(ready);
    }
    const next = this.#last === undefined
      ? this.#read()
      : this.#last.then(() => this.#read());
    const last = next.catch(ignore).then(() => {
      if (this.#last === last) this.#last = undefined;
    });
    this.#last = last;
    return next;
  }

  /** Stops the source. */
  async return(): Promise<IteratorResult<R>> {
    if (!this.#hasEnded) {
      this.#end();
      await this.#source.return?.();
    }
    return { done: true, value: undefined };
  }

  /** Reads until a piece is complete. */
  async #read(): Promise<IteratorResult<R>> {
    let ready: IteratorResult<R> | undefined;
    while ((ready = this[TRY_NEXT]()) === undefined) await this.#readOnce();
    return ready;
  }

  async #readOnce(): Promise<void> {
    try {
      this.#cutter.check();
    } catch (error) {
      await this.#fail(error);
    }
    let result: IteratorResult<Uint8Array>;
    try {
      const next = this.#source.next();
      result = isPromise(next) ? await next : next;
    } catch (error) {
      // As in for-of, a source that failed is not closed.
      this.#end();
      throw error;
    }
    if (this.#hasEnded) return;
    if (result.done) return this.#take(this.#cutter.end(), true);
    const { value } = result;
    if (!isBytes(value)) await this.#fail(notBytes(value));
    this.#take(this.#cutter.push(value), false);
  }

  #take(pieces: R[], hasEnded: boolean): void {
    this.#pieces = pieces;
    this.#returned = 0;
    this.#hasEnded = hasEnded;
  }

  /** Stops the source and throws. */
  async #fail(error: unknown): Promise<never> {
    this.#end();
    // After a failure, an error of return() is ignored.
    await Promise.resolve(this.#source.return?.()).catch(ignore);
    throw error;
  }

  #end(): void {
    this.#take([], true);
  }
}

/** A pair of streams: bytes go in, pieces come out. */
export function cutPair<R>(cutter: Cutter<R>): TransformPair<Uint8Array, R> {
  const enqueue = (
    pieces: R[],
    controller: TransformStreamDefaultController<R>,
  ) => {
    for (const piece of pieces) controller.enqueue(piece);
    cutter.check();
  };
  return new TransformStream<Uint8Array, R>({
    transform(bytes, controller) {
      if (!isBytes(bytes)) throw notBytes(bytes);
      enqueue(cutter.push(bytes), controller);
    },
    flush(controller) {
      enqueue(cutter.end(), controller);
    },
  });
}

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}

function notBytes(value: unknown): TypeError {
  const found = typeof value === "object" && value !== null
    ? value.constructor?.name ?? "an object"
    : typeof value;
  return new TypeError(
    `Cannot cut source: it must yield Uint8Arrays, got ${found}`,
  );
}

function ignore(): void {}
