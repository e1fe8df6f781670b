/**
 * How values go through pools that post them as messages.
 *
 * @module
 */

import type { Pool } from "./pool.ts";

/**
 * Makes what crosses of a function that has a worker give a value back.
 *
 * Memory goes as such, not as the view of it: Deno's node:worker_threads looks at every
 * element of a view that it receives. Shared memory is not copied; where a contender can
 * transfer memory as well, sharing was faster.
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
