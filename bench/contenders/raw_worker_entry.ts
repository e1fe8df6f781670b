/**
 * The worker of raw_worker.ts.
 *
 * @module
 */

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
  else if (operation === "lengthOf") {
    scope.postMessage([id, (value as Uint8Array).length]);
  } else if (operation === "busy") {
    scope.postMessage([id, computeFor(value as number)]);
  } else {
    const bytes = value as Uint8Array<ArrayBuffer>;
    scope.postMessage([id, bytes], [bytes.buffer]);
  }
};

/** As in pool.ts; a worker of one file, because bench/startup.ts measures its start. */
function computeFor(ms: number): number {
  const end = performance.now() + ms;
  let n = 0;
  do n++; while (performance.now() < end);
  return n;
}
