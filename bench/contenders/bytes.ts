/**
 * Sends values through pools that post them as messages.
 *
 * @module
 */

import type { Pool } from "./pool.ts";

/**
 * Makes the functions of a pool that carry values.
 *
 * Bytes are sent as a buffer instead of a view, because Deno's node:worker_threads reads
 * every element of a view that it receives. Shared memory is not copied; for pools that can
 * also transfer memory, sharing was faster.
 *
 * @param send Has a worker return a value.
 */
export function crossing(
  send: (value: unknown) => Promise<unknown>,
): Required<Pick<Pool, "echo" | "pass" | "passable">> {
  const sendBytes = async ({ buffer }: Uint8Array) =>
    new Uint8Array(await send(buffer) as ArrayBuffer);
  return {
    echo: (value) =>
      (value instanceof Uint8Array ? sendBytes(value) : send(value)) as Promise<
        never
      >,
    pass: sendBytes,
    passable: (size) => new Uint8Array(new SharedArrayBuffer(size)),
  };
}
