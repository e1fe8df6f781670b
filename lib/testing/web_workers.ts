/**
 * The Web Workers of Deno, which tells nobody that one has started or ended.
 *
 * @module
 */

import { listSystemFolder, readSystemFile } from "../placement/system_file.ts";

const THREADS = "/proc/self/task";

/** What is used of a Web Worker. */
interface WebWorker {
  terminate(): void;
}

type WebWorkerClass = new (...args: unknown[]) => WebWorker;

/** The Web Workers that this thread creates until {@linkcode WebWorkers.stop}. */
export class WebWorkers {
  /** By each that was not terminated, the threads that started while it was created. */
  readonly #running = new Map<WebWorker, readonly string[]>();
  readonly #globals = globalThis as unknown as { Worker: WebWorkerClass };
  readonly #original = this.#globals.Worker;

  constructor() {
    this.#globals.Worker = new Proxy(this.#original, {
      construct: (target, args, newTarget) => {
        const before = workerThreads();
        const worker = Reflect.construct(target, args, newTarget) as WebWorker;
        this.#running.set(worker, [...workerThreads().difference(before)]);
        const terminate = worker.terminate.bind(worker);
        worker.terminate = () => {
          this.#running.delete(worker);
          terminate();
        };
        return worker;
      },
    });
  }

  /** The class is the old one again. */
  stop(): void {
    this.#globals.Worker = this.#original;
  }

  /**
   * How many go on. A Worker can close itself, so the kernel is asked for its thread, too.
   *
   * Other files, whose tests run in this process, start threads at any time: if several started
   * while a Worker was created, the first that ends is taken for its own.
   */
  get count(): number {
    const threads = workerThreads();
    return [...this.#running.values()].filter((own) =>
      own.length !== 0 && own.every((name) => threads.has(name))
    ).length;
  }
}

/** The threads of this process that are Workers, by their names, which are used once. */
function workerThreads(): Set<string> {
  const names = listSystemFolder(THREADS).map((id) =>
    readSystemFile(`${THREADS}/${id}/comm`)?.trim() ?? ""
  );
  return new Set(names.filter((name) => /^worker-\d+$/.test(name)));
}
