/**
 * Sends the uncaught error that ends a worker.
 *
 * @module
 */

import { sendThrown } from "../calls/send_thrown.ts";
import { Encoder, toBytes } from "../codec/encoder.ts";
import { NO_SHARED_MEMORY } from "../codec/shared_memory.ts";
import type { UncaughtError } from "../handshake.ts";
import { mainThread } from "./main_thread.ts";

/** Posts the error to the main thread: the JavaScript runtimes report only its text. */
export function reportLastError(thrown: unknown): void {
  const uncaught = sendThrown(
    thrown,
    (value) => toBytes(new Encoder().encode(value, "error", NO_SHARED_MEMORY)),
  );
  mainThread.postMessage({ uncaught } satisfies UncaughtError);
}

/**
 * Posts the errors that end this thread without a listener of the process being asked: on
 * Bun, those of workers under `bun test`.
 */
export function reportUnheardErrors(): void {
  if (!("Bun" in globalThis)) return;
  addEventListener("error", ({ error }) => reportLastError(error));
}
