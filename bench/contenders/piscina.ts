/**
 * piscina, tuned for many short calls.
 *
 * @module
 */

import { FixedQueue, Piscina } from "piscina";
import { RUNTIME } from "../harness/environment.ts";
import { whenReady } from "./ready.ts";
import { crossing } from "./bytes.ts";
import type { Pool } from "./pool.ts";

/** Starts that many workers. */
export function start(workers: number): Promise<Pool> {
  const pool = new Piscina({
    filename: new URL("tasks.ts", import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    // The fastest of its three ways to wake a worker.
    atomics: RUNTIME === "Deno" ? "sync" : "async",
    // By default a worker gets its next call only after it has finished the last one.
    concurrentTasksPerWorker: 1000,
    taskQueue: new FixedQueue(),
    recordTiming: false,
  });
  const [addOne, echo, busy] = ["addOne", "echo", "busy"]
    .map((name) => (value: unknown) => pool.run(value, { name }));
  return whenReady({
    addOne,
    ...crossing(echo),
    busy,
    close: () => pool.destroy(),
  }, workers);
}
