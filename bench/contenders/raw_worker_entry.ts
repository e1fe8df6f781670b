/**
 * The worker of raw_worker.ts.
 *
 * @module
 */

import { computeFor } from "./pool.ts";
import type { Request } from "./raw_worker.ts";

/** The members of a worker's global object that the main thread does not have. */
interface WorkerScope {
  onmessage: (event: MessageEvent<Request>) => void;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

const scope = globalThis as unknown as WorkerScope;
scope.onmessage = ({ data: [operation, id, value] }) => {
  if (operation === "addOne") scope.postMessage([id, value as number + 1]);
  else if (operation === "echo") scope.postMessage([id, value]);
  else if (operation === "busy") {
    scope.postMessage([id, computeFor(value as number)]);
  } else {
    const bytes = value as Uint8Array<ArrayBuffer>;
    scope.postMessage([id, bytes], [bytes.buffer]);
  }
};
