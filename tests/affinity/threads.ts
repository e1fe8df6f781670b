/**
 * Starts threads of `pinned_thread.ts` and sends them commands.
 *
 * @module
 */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { PinOutcome } from "../../lib/affinity/pin.ts";
import type { ThreadCommand, ThreadResult } from "./pinned_thread.ts";

/** A thread of `pinned_thread.ts`. */
export class TestThread {
  readonly #worker = new Worker(
    new URL("./pinned_thread.ts", import.meta.url),
  );

  /** Runs a command on the thread and returns its result. */
  async run(command: ThreadCommand): Promise<ThreadResult> {
    this.#worker.postMessage(command);
    const [result] = await once(this.#worker, "message");
    return result as ThreadResult;
  }

  /** Pins the thread. */
  async pin(cpu: number, name: string | null): Promise<PinOutcome> {
    return await this.run({ do: "pin", cpu, name }) as PinOutcome;
  }

  /** Terminates the thread. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Runs `body` with `count` threads, which are terminated in any case. */
export async function withThreads(
  count: number,
  body: (...threads: TestThread[]) => Promise<void>,
): Promise<void> {
  const threads = Array.from({ length: count }, () => new TestThread());
  try {
    await body(...threads);
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}
