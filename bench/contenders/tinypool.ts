/**
 * tinypool, tuned for many short calls.
 *
 * @module
 */

import { Tinypool } from "tinypool";
import { RUNTIME } from "../harness/environment.ts";
import { whenReady } from "./ready.ts";
import { crossing } from "./bytes.ts";
import type { Pool } from "./pool.ts";

/** Starts that many workers. */
export function start(workers: number): Promise<Pool> {
  const pool = new Tinypool({
    filename: new URL("tasks.ts", import.meta.url).href,
    runtime: "worker_threads",
    minThreads: workers,
    maxThreads: workers,
    // On Deno, a worker that waits this way often misses its first call and never wakes.
    useAtomics: RUNTIME !== "Deno",
    // By default a worker gets its next call only after it has finished the last one.
    concurrentTasksPerWorker: 1000,
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
