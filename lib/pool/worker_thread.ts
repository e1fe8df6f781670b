/**
 * Starts workers, and knows how each of them ends.
 *
 * @module
 */

import type { MessagePort } from "node:worker_threads";
import { WORKER_ENTRY } from "../address.ts";
import { startingThread } from "../affinity/pinned_threads.ts";
import type { LongRun } from "../calls/diagnostics.ts";
import type { StuckCall } from "../calls/stuck_call.ts";
import { Decoder } from "../codec/decoder.ts";
import { NO_SHARED_MEMORY } from "../codec/shared_memory.ts";
import type {
  EndRequest,
  LongRunReport,
  RecycleRequest,
  ShutdownRequest,
  UncaughtError,
  WorkerPlan,
  WorkerPrepared,
  WorkerReady,
  WorkerRetired,
  WorkerStart,
  WorkerStopped,
  WorkerStopping,
} from "../handshake.ts";
import type { ShutdownOptions } from "../lifecycle.ts";
import { type HostedWorker, newWorker } from "./new_worker.ts";

/**
 * The module that a worker starts with. Deno's `node:worker_threads` accepts `file:` and
 * `data:` URLs only. If loom comes from elsewhere, such as JSR, a `data:` module imports the
 * entry.
 */
const START = WORKER_ENTRY.protocol === "file:" ? WORKER_ENTRY : new URL(
  `data:text/javascript,import ${
    encodeURIComponent(JSON.stringify(WORKER_ENTRY.href))
  }`,
);

/** How long the teardown of a worker may take. */
export const TEARDOWN_MS = 5000;

/** How a worker ended. */
export interface WorkerEnd {
  /** The uncaught error that ended it; undefined if there was none. */
  readonly error: unknown;
  /** Its exit code. */
  readonly code: number;
}

type MessageOfWorker =
  | WorkerReady
  | ShutdownRequest
  | EndRequest
  | WorkerStopping
  | WorkerPrepared
  | RecycleRequest
  | WorkerRetired
  | WorkerStopped
  | LongRunReport
  | UncaughtError;

/** What a worker requests from its pool. */
export interface WorkerRequests {
  /** A task requests a shutdown. */
  shutdown(options: ShutdownOptions): void;
  /** The worker with this serial number must be ended. */
  endWorker(serial: number, call?: StuckCall): void;
  /** It is to be replaced. */
  recycle(): void;
  /** A function has kept its event loop busy. */
  ranLong(run: LongRun): void;
}

/** Starts a thread that will be a worker of a pool. */
export function startWorker(
  name: string,
  workerHeapMb: number | undefined,
): WorkerThread {
  return startingThread(() => new WorkerThread(name, workerHeapMb));
}

/** A running worker: an operating-system thread with an isolate of its own. */
export class WorkerThread {
  /** Resolves when the worker serves calls; rejects if it ends before that. */
  readonly ready: Promise<WorkerReady>;
  /** Resolves when the worker has run its setup; rejects if it ends before that. */
  readonly prepared: Promise<void>;
  /** Resolves when the worker has retired. */
  readonly retired: Promise<void>;
  /** Resolves when the thread has ended. */
  readonly ended: Promise<WorkerEnd>;
  /** Resolves when the worker has stopped with the runtime. */
  readonly #stopped: Promise<void>;
  /** Whether the worker runs its teardown. */
  #isStopping = false;
  readonly #worker: HostedWorker;
  #requests: WorkerRequests | undefined;

  /**
   * Starts the thread, which loads its modules and waits for {@linkcode WorkerThread.begin}.
   *
   * @param name The name of the thread.
   * @param workerHeapMb Limit of its heap; undefined for the runtime's own.
   */
  constructor(name: string, workerHeapMb: number | undefined) {
    let error: unknown;
    let uncaught: unknown;
    let setReady: (ready: WorkerReady) => void;
    let failStart: (error: unknown) => void;
    let setStopped: () => void;
    let setPrepared: () => void;
    let failSetup: (error: unknown) => void;
    let setRetired: () => void;
    let setEnded: (end: WorkerEnd) => void;
    this.ended = new Promise((resolve) => setEnded = resolve);
    this.retired = new Promise((resolve) => setRetired = resolve);
    this.prepared = new Promise((resolve, reject) => {
      setPrepared = resolve;
      failSetup = reject;
    });
    this.#stopped = new Promise((resolve) => setStopped = resolve);
    this.ready = new Promise((resolve, reject) => {
      setReady = resolve;
      failStart = reject;
    });
    this.#worker = newWorker(START, name, workerHeapMb, {
      message: (message) => {
        const it = message as MessageOfWorker;
        if ("pin" in it) setReady(it);
        if ("shutdown" in it) this.#requests?.shutdown(it.shutdown);
        if ("endWorker" in it) {
          this.#requests?.endWorker(it.endWorker, it.call);
        }
        if ("uncaught" in it) uncaught = decodeError(it.uncaught);
        if ("prepared" in it) setPrepared();
        if ("recycle" in it) this.#requests?.recycle();
        if ("longRun" in it) this.#requests?.ranLong(it.longRun);
        if ("retired" in it) setRetired();
        if ("stopping" in it) this.#isStopping = true;
        if ("stopped" in it) setStopped();
      },
      error: (reason) => error = reason,
      exit: (code) => {
        const whole = wholeError(error, uncaught);
        const why = whole ?? new Error(`the worker ended with code ${code}`);
        failSetup(why);
        failStart(why);
        setEnded({ error: whole, code });
      },
    });
    // Nobody waits for a worker that is ended because its runtime cannot be planned.
    this.ready.catch(() => {});
    this.prepared.catch(() => {});
  }

  /**
   * Lets the worker prepare itself.
   *
   * @param requests Called when the worker requests something.
   */
  prepare(plan: WorkerPlan, requests: WorkerRequests): void {
    this.#requests = requests;
    this.#worker.postMessage(plan, []);
  }

  /** Lets the worker serve calls when it is prepared. */
  begin(start: WorkerStart): void {
    const ports = start.ports.filter((port): port is MessagePort =>
      port !== null
    );
    this.#worker.postMessage(start, ports);
  }

  /** Ends the thread once it has stopped, and wherever it is when the time is over. */
  async end(withinMs: number): Promise<void> {
    await this.#stopWithin(withinMs);
    if (this.#isStopping) await this.#stopWithin(TEARDOWN_MS);
    this.terminate();
    await this.ended;
  }

  async #stopWithin(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const limit = new Promise((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([this.#stopped, this.ended, limit]);
    clearTimeout(timer);
  }

  /** Ends the thread wherever it is. */
  terminate(): void {
    this.#worker.terminate();
  }

  /** Sets whether the process stays alive for this thread. */
  keepAlive(on: boolean): void {
    if (on) this.#worker.ref();
    else this.#worker.unref();
  }
}

function decodeError(bytes: Uint8Array): unknown {
  return new Decoder().decode(bytes, 0, bytes.length, NO_SHARED_MEMORY);
}

/**
 * The error that ended a worker: what the worker sent, which has its class, stack and data.
 *
 * @param reported What the JavaScript runtime reported; undefined if the worker exited.
 * @param uncaught What the worker sent last. It may have handled that error and have ended
 * because of another one.
 */
function wholeError(reported: unknown, uncaught: unknown): unknown {
  const isSame = reported instanceof Error && uncaught instanceof Error &&
    reported.message.includes(uncaught.message);
  return isSame ? uncaught : reported;
}
