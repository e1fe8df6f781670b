/**
 * The main thread, as its workers see it.
 *
 * @module
 */

import process from "node:process";

/** What the two kinds of workers have in common, see `lib/pool/new_worker.ts`. */
interface MessageScope {
  postMessage(message: unknown): void;
  addEventListener(
    type: "message",
    listener: (event: { readonly data: unknown }) => void,
  ): void;
}

/** In a Web Worker that is the global scope, which needs no module. */
const scope = "Bun" in globalThis
  ? globalThis as unknown as MessageScope
  : process.getBuiltinModule("node:worker_threads")
    .parentPort as unknown as MessageScope;

/** Takes the messages that `entry.js` has kept while it loaded this module. */
const { [Symbol.for("@loom/runtime/early messages")]: takeEarlyMessages } =
  globalThis as unknown as Readonly<
    Record<symbol, (() => unknown[]) | undefined>
  >;

/** The main thread, as its workers see it. */
export const mainThread = {
  /** Posts a message, one of those in `lib/handshake.ts`. */
  postMessage(message: unknown): void {
    scope.postMessage(message);
  },

  /**
   * Calls each listener with one message, in turn. Keeps the event loop alive, so that the
   * worker may wait on it.
   */
  onMessages(...listeners: ((message: unknown) => void)[]): void {
    const take = (message: unknown) => listeners.shift()?.(message);
    scope.addEventListener("message", ({ data }) => take(data));
    takeEarlyMessages?.().forEach(take);
  },
};
