/**
 * Sources of items.
 *
 * @module
 */

/** A source of items. */
export type Source<T> = AsyncIterable<T> | Iterable<T> | ReadableStream<T>;

/** The method of a {@linkcode ReadyIterator}. */
export const TRY_NEXT = Symbol("tryNext");

/** An asynchronous iterator that may have its next item already. */
export interface ReadyIterator<T> extends AsyncIterator<T> {
  /** Returns the next item, or undefined if there is none yet: then call next(). */
  [TRY_NEXT](): IteratorResult<T> | undefined;
}

/** Reads a source; next() returns a promise only where that must be awaited. */
export interface SourceIterator<T> {
  next(): IteratorResult<T> | Promise<IteratorResult<T>>;
  return?(reason?: unknown): unknown;
}

/** Whether the value can be a source. */
export function isSource(value: unknown): value is Source<unknown> {
  const iterable = value as Partial<AsyncIterable<unknown> & Iterable<unknown>>;
  return value instanceof ReadableStream ||
    iterable?.[Symbol.asyncIterator] !== undefined ||
    iterable?.[Symbol.iterator] !== undefined;
}

/**
 * Begins to read a source.
 *
 * @param action What fails if it is none, for the error.
 */
export function iteratorOf<T>(
  source: Source<T>,
  action: string,
): SourceIterator<T> {
  if (source instanceof ReadableStream) return streamIterator(source);
  const iterable = source as Partial<AsyncIterable<T> & Iterable<T>>;
  const iterator = iterable?.[Symbol.asyncIterator]?.() ??
    iterable?.[Symbol.iterator]?.();
  if (iterator === undefined) {
    throw new TypeError(
      `Cannot ${action}: it must be an iterable, an async iterable or a ReadableStream`,
    );
  }
  return isReady(iterator) ? readyFirst(iterator) : iterator;
}

/** Whether what next() returned must be awaited. */
export function isPromise<T>(value: T | Promise<T>): value is Promise<T> {
  return typeof (value as Promise<T>).then === "function";
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

function isReady<T>(
  iterator: AsyncIterator<T> | Iterator<T>,
): iterator is ReadyIterator<T> {
  return TRY_NEXT in iterator;
}

function readyFirst<T>(iterator: ReadyIterator<T>): SourceIterator<T> {
  return {
    next: () => iterator[TRY_NEXT]() ?? iterator.next(),
    return: (reason) => iterator.return?.(reason),
  };
}
