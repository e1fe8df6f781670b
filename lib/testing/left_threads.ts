/**
 * The threads that a test leaves behind.
 *
 * @module
 */

import process from "node:process";
import { runtimesOfThread } from "../current.ts";
import { isLoomsWorker } from "../pool/new_worker.ts";
import type { LoomRuntime } from "../runtime.ts";
import { until } from "./until.ts";
import { WebWorkers } from "./web_workers.ts";

/** How long Workers that were ended may still be there. */
const LIMIT_MS = 2000;

/** What is used of a Worker that is reported: on Deno none of the Web Workers, on Bun all. */
interface AnyWorker {
  readonly threadId?: number;
  once?(event: "exit", listener: () => void): void;
  addEventListener?(event: "close", listener: () => void): void;
}

/** The Workers that this thread has started and that have not ended. */
const workers = new Set<AnyWorker>();

// Not the threads of the kernel: Deno may test several files in one process.
process.on("worker", (worker: AnyWorker) => {
  workers.add(worker);
  const end = () => workers.delete(worker);
  worker.once?.("exit", end);
  worker.addEventListener?.("close", end);
});

/** What there was when a test began, and Web Workers until it ends. */
export class ThreadWatch {
  readonly #runtimes = new Set(runtimesOfThread());
  readonly #workers = new Set(workers);
  readonly #webWorkers = "Deno" in globalThis ? new WebWorkers() : undefined;

  /** The test has ended. */
  stop(): void {
    this.#webWorkers?.stop();
  }

  /** The runtimes that were built and have not ended. */
  leftRuntimes(): LoomRuntime[] {
    return runtimesOfThread().filter((runtime) => !this.#runtimes.has(runtime));
  }

  /** Names of the Workers, other than loom's, that were started and have not ended. */
  async leftWorkers(): Promise<string[]> {
    const left = () =>
      [...workers].filter((one) =>
        !this.#workers.has(one) && !isLoomsWorker(one)
      );
    const webCount = () => this.#webWorkers?.count ?? 0;
    await until(() => left().length + webCount() === 0, LIMIT_MS);
    return [
      ...left().map(({ threadId }) => `Worker ${threadId ?? ""}`.trim()),
      ...Array.from({ length: webCount() }, () => "Web Worker"),
    ];
  }
}
