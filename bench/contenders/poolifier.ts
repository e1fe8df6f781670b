/**
 * poolifier, with its fixed pool.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { FixedThreadPool } from "poolifier";
import { whenReady } from "./ready.ts";
import { crossing } from "./bytes.ts";
import type { Pool } from "./pool.ts";

const CLOSE_MS = 1000;

/** Starts that many workers. */
export function start(workers: number): Promise<Pool> {
  const script = new URL("poolifier_worker.ts", import.meta.url);
  const pool = new FixedThreadPool<unknown, never>(
    workers,
    fileURLToPath(script),
    // Otherwise a worker that fails to start is restarted without end.
    { enableEvents: false, restartWorkerOnError: false },
  );
  return whenReady({
    addOne: (n) => pool.execute(n, "addOne"),
    ...crossing((value) => pool.execute(value, "echo")),
    busy: (ms) => pool.execute(ms, "busy"),
    // It waits for the exit event of each thread, which Deno does not always fire.
    close: () => Promise.race([pool.destroy(), after(CLOSE_MS)]),
  }, workers);
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
