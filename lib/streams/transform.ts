/**
 * A mapping as a pair of streams.
 *
 * @module
 */

import { ConcurrentMap, type MapOptions } from "./concurrent_map.ts";

/** What `pipeThrough()` takes. */
export interface TransformPair<T, R> {
  /** Where results come out. */
  readonly readable: ReadableStream<R>;
  /** Where items go in. */
  readonly writable: WritableStream<T>;
}

/** Streams that are joined by a {@linkcode ConcurrentMap}, which bounds what is between. */
export function transformPair<T, R>(
  call: (item: T) => Promise<R>,
  concurrency: number,
  options: MapOptions,
): TransformPair<T, R> {
  const input = new TransformStream<T, T>();
  const results = new ConcurrentMap(
    input.readable,
    call,
    concurrency,
    options,
  );
  const readable = new ReadableStream<R>({
    async pull(controller) {
      const { done, value } = await results.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await results.return();
    },
  }, { highWaterMark: 0 });
  return { readable, writable: input.writable };
}
