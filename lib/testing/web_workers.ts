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

/** The Web Workers that are created until {@linkcode WebWorkers.stop}. */
export class WebWorkers {
  readonly #running = new Set<WebWorker>();
  readonly #threads = new Set(workerThreads());
  readonly #globals = globalThis as unknown as { Worker: WebWorkerClass };
  readonly #original = this.#globals.Worker;

  constructor() {
    this.#globals.Worker = new Proxy(this.#original, {
      construct: (target, args, newTarget) => {
        const worker = Reflect.construct(target, args, newTarget) as WebWorker;
        this.#running.add(worker);
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

  /** How many go on. A Worker can close itself, so the kernel is asked for its thread, too. */
  get count(): number {
    const started = workerThreads().filter((id) => !this.#threads.has(id));
    return Math.min(this.#running.size, started.length);
  }
}

/** The threads of this process that are Workers, by their names in the kernel. */
function workerThreads(): string[] {
  return listSystemFolder(THREADS).filter((id) =>
    /^worker-\d+$/m.test(readSystemFile(`${THREADS}/${id}/comm`) ?? "")
  );
}
