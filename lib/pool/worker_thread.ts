/**
 * One operating-system thread with its own isolate: the only file that knows how they are
 * started.
 *
 * @module
 */

import { type MessagePort, Worker } from "node:worker_threads";
import { SHUTDOWN, type WorkerReady, type WorkerStart } from "../handshake.ts";

/** The module every worker runs; the pool knows it by this address alone. */
const ENTRY = new URL("../worker/entry.ts", import.meta.url);

/**
 * Where a worker starts. Deno starts such threads from files only, but a module that comes
 * from elsewhere, as from JSR, can be imported by one that stands in the address itself.
 */
const START = ENTRY.protocol === "file:" ? ENTRY : new URL(
  `data:text/javascript,import ${
    encodeURIComponent(JSON.stringify(ENTRY.href))
  }`,
);

/** How a thread ended. */
export interface ThreadEnd {
  /** What it failed with, if it failed. */
  readonly error: unknown;
  /** Its exit code. */
  readonly code: number;
}

/** A running worker. It does not keep the process alive unless told to. */
export class Thread {
  /** Fulfilled when the worker serves; rejected when it ended before. */
  readonly ready: Promise<WorkerReady>;
  /** Fulfilled when the thread is gone. */
  readonly ended: Promise<ThreadEnd>;
  readonly #worker: Worker;

  constructor(start: WorkerStart, name: string, shutdownRequested: () => void) {
    const transferList = start.ports.filter((port): port is MessagePort =>
      port !== null
    );
    const worker = new Worker(START, { workerData: start, transferList, name });
    let error: unknown;
    worker.on("error", (reason) => error = reason);
    this.#worker = worker;
    this.ended = new Promise((resolve) => {
      worker.on("exit", (code) => resolve({ error, code }));
    });
    this.ready = new Promise((resolve, reject) => {
      worker.once("message", resolve);
      worker.on("message", (message) => {
        if (message === SHUTDOWN) shutdownRequested();
      });
      this.ended.then((end) =>
        reject(end.error ?? new Error(`the worker ended with code ${end.code}`))
      );
    });
  }

  /** Whether the process must stay alive for this thread. */
  keepAlive(on: boolean): void {
    if (on) this.#worker.ref();
    else this.#worker.unref();
  }
}
