/**
 * The global object of a worker, which the types of the main thread do not have.
 *
 * @module
 */

import { pinCurrentThread } from "../../lib/affinity/pin.ts";

/** The first message to a worker. */
export interface WorkerSetup<T> {
  readonly memory: T;
  /** The CPU that the worker pins itself to. */
  readonly cpu?: number;
}

interface WorkerScope {
  onmessage: (event: MessageEvent<WorkerSetup<never>>) => void;
  postMessage(message: unknown): void;
}

/**
 * Calls `serve` with the memory of the first message, on the CPU that it names.
 *
 * @param serve Calls `ready` when it is about to serve calls, and never returns.
 */
export function serveWorker<T>(
  serve: (memory: T, ready: () => void) => never,
): void {
  const scope = globalThis as unknown as WorkerScope;
  scope.onmessage = ({ data: { memory, cpu } }) => {
    if (cpu !== undefined) pinCurrentThread(cpu, null);
    serve(memory, () => scope.postMessage("ready"));
  };
}
