/**
 * The global object of a worker, which the types of the main thread do not have.
 *
 * @module
 */

interface WorkerScope {
  onmessage: (event: MessageEvent) => void;
  postMessage(message: unknown): void;
}

/**
 * Calls `serve` with the first message.
 *
 * @param serve Calls `ready` when it is about to serve calls, and never returns.
 */
export function serveWorker<T>(
  serve: (message: T, ready: () => void) => never,
): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data }) => serve(data, () => scope.postMessage("ready"));
}
