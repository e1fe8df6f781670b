/**
 * Starts threads of `pinned_thread.ts` and gives them orders.
 *
 * @module
 */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { PinOutcome } from "../../lib/placement/pin.ts";
import type { ThreadAnswer, ThreadOrder } from "./pinned_thread.ts";

/** One such thread. */
export class TestThread {
  readonly #worker = new Worker(
    new URL("./pinned_thread.ts", import.meta.url),
  );

  /** Gives an order and waits for the answer. */
  async tell(order: ThreadOrder): Promise<ThreadAnswer> {
    this.#worker.postMessage(order);
    const [answer] = await once(this.#worker, "message");
    return answer as ThreadAnswer;
  }

  /** Lets the thread pin itself. */
  async pin(cpu: number, name: string | null): Promise<PinOutcome> {
    return await this.tell({ do: "pin", cpu, name }) as PinOutcome;
  }

  /** Ends the thread. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Runs `body` with `count` threads and ends them, whatever happens. */
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
