/**
 * Starts streams.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { ComputeStream } from "./compute_stream.ts";

let loaded: typeof import("./stream_source.ts") | undefined;

/** Loads what streams need: only programs that have streams load it. */
export async function loadStreams(): Promise<
  typeof import("./stream_source.ts")
> {
  return loaded ??= await import("./stream_source.ts");
}

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
    const { StreamSource } = loaded ?? await loadStreams();
    return new StreamSource(endpoint, call);
  });
}
