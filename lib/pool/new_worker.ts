/**
 * Creates workers. This is the only file that uses a `Worker` class, and the only one that
 * knows which: on Bun the Web Worker, elsewhere that of `node:worker_threads`.
 *
 * A Web Worker starts sooner. Deno's cannot be used: it does not report that it has ended, it
 * keeps the process alive, and modules find `isMainThread` of `node:worker_threads` true on it.
 *
 * @module
 */

import type { MessagePort, Worker } from "node:worker_threads";
import process from "node:process";

/** What happens to a worker. */
export interface WorkerEvents {
  /** It has posted a message. */
  message(message: unknown): void;
  /** An error that nothing caught ends it. */
  error(error: unknown): void;
  /** It has ended. */
  exit(code: number): void;
}

/** What a pool uses of a worker. */
export interface HostedWorker {
  postMessage(message: unknown, transfer: MessagePort[]): void;
  terminate(): unknown;
  /** Keeps the process alive while the worker runs. */
  ref(): void;
  /** The opposite of {@linkcode HostedWorker.ref}. */
  unref(): void;
}

/** Bun's Web Worker, as far as it is used here. */
interface WebWorker extends HostedWorker {
  addEventListener(
    type: "message" | "error" | "close",
    listener: (event: WebWorkerEvent) => void,
  ): void;
}

/** The events of a Web Worker in one type. */
interface WebWorkerEvent {
  readonly data: unknown;
  readonly message: string;
  readonly code: number;
  preventDefault(): void;
}

type WebWorkerClass = new (
  url: URL,
  options: { readonly name: string; readonly type: "module" },
) => WebWorker;

/** Whether the JavaScript runtime can limit the heap of a worker; Bun ignores the limit. */
export const LIMITS_HEAPS: boolean = !("Bun" in globalThis);

/**
 * Creates a worker, which begins to load the module at `url`.
 *
 * @param heapMb Limit of its heap; undefined for the runtime's own.
 */
export function newWorker(
  url: URL,
  name: string,
  heapMb: number | undefined,
  events: WorkerEvents,
): HostedWorker {
  const worker = LIMITS_HEAPS
    ? newNodeWorker(url, name, heapMb, events)
    : newWebWorker(url, name, events);
  created.add(worker);
  return worker;
}

const created = new WeakSet<object>();

/** Whether a Worker was created here. */
export function isLoomsWorker(worker: object): boolean {
  return created.has(worker);
}

function newNodeWorker(
  url: URL,
  name: string,
  heapMb: number | undefined,
  events: WorkerEvents,
): HostedWorker {
  const threads = process.getBuiltinModule("node:worker_threads");
  const worker: Worker = new threads.Worker(url, {
    name,
    ...(heapMb === undefined
      ? {}
      : { resourceLimits: { maxOldGenerationSizeMb: heapMb } }),
  });
  worker.on("message", events.message);
  worker.on("error", events.error);
  worker.on("exit", events.exit);
  return worker;
}

function newWebWorker(
  url: URL,
  name: string,
  events: WorkerEvents,
): HostedWorker {
  const { Worker } = globalThis as unknown as { Worker: WebWorkerClass };
  const worker = new Worker(url, { name, type: "module" });
  worker.addEventListener("message", ({ data }) => events.message(data));
  worker.addEventListener("error", (event) => {
    // The pool reports it.
    event.preventDefault();
    events.error(new Error(messageIn(event.message)));
  });
  worker.addEventListener("close", ({ code }) => events.exit(code));
  return worker;
}

/** An excerpt of the source, the name of the error, its message, its stack. */
const BUNS_TEXT =
  /^(?:\s*\d+ \|.*\n|\s*\^\n)*(?:\w*error: )?([^]*?)\s*(?:\n {6}at [^]*)?$/i;

/** The message of an error in Bun's text about it. */
function messageIn(text: string): string {
  return BUNS_TEXT.exec(text)?.[1] ?? text;
}
