/**
 * Starts streams.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { ComputeStream } from "./compute_stream.ts";

/**
 * The items of a generator on a worker.
 *
 * @param call Calls `serveStream` with the arguments, the task and this memory. It is called
 *   when the first item is wanted.
 */
export function streamOf<T>(
  endpoint: Endpoint,
  call: (memory: SharedArrayBuffer) => Promise<unknown>,
): ComputeStream<T> {
  return new ComputeStream<T>(async () => {
    // Only programs that use streams load what they need.
    const { StreamSource } = await import("./stream_source.ts");
    return new StreamSource(endpoint, call);
  });
}
