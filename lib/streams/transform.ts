/**
 * A {@linkcode ConcurrentMap} as a pair of streams.
 *
 * @module
 */

import { ConcurrentMap } from "./concurrent_map.ts";
import type { AnyMapOptions, TransformPair } from "./options.ts";
import type { MapCalls } from "./sender.ts";

/**
 * Creates two streams connected by a {@linkcode ConcurrentMap}, which limits concurrency.
 *
 * @param wrap Returns what to iterate over in its place.
 */
export function transformPair<T, R>(
  calls: MapCalls<T, R>,
  options: AnyMapOptions,
  wrap: (results: AsyncIterableIterator<R>) => AsyncIterableIterator<R>,
): TransformPair<T, R> {
  const input = new TransformStream<T, T>();
  const results = wrap(new ConcurrentMap(input.readable, calls, options));
  const readable = new ReadableStream<R>({
    async pull(controller) {
      const { done, value } = await results.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await results.return!();
    },
  }, { highWaterMark: 0 });
  return { readable, writable: input.writable };
}
