/**
 * Sends the uncaught error that ends a worker.
 *
 * @module
 */

import process from "node:process";
import type { MessagePort } from "node:worker_threads";
import { sendThrown } from "../calls/send_thrown.ts";
import { Encoder, toBytes } from "../codec/encoder.ts";
import { NO_SHARED_MEMORY } from "../codec/shared_memory.ts";
import type { UncaughtError } from "../handshake.ts";

/**
 * Posts each uncaught error to `port` before it ends this thread. Deno's own report of it has
 * only the message.
 */
export function reportUncaughtErrors(port: MessagePort): void {
  process.on("uncaughtExceptionMonitor", (thrown: unknown) => {
    const uncaught = sendThrown(
      thrown,
      (value) =>
        toBytes(new Encoder().encode(value, "error", NO_SHARED_MEMORY)),
    );
    port.postMessage({ uncaught } satisfies UncaughtError);
  });
}
