/**
 * workerpool, with workers that register their functions at the start.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import workerpool from "workerpool";
import { RUNTIME } from "../harness/environment.ts";
import { whenReady } from "./ready.ts";
import { crossing } from "./bytes.ts";
import type { Pool } from "./pool.ts";

/** Starts that many workers. */
export function start(workers: number): Promise<Pool> {
  const script = new URL("workerpool_worker.ts", import.meta.url);
  const counts = { minWorkers: workers, maxWorkers: workers };
  // Deno runs only its threads; on Bun its threads receive no messages.
  const pool = RUNTIME === "Deno"
    ? workerpool.pool(fileURLToPath(script), {
      ...counts,
      workerType: "thread",
    })
    : workerpool.pool(script.href, {
      ...counts,
      workerType: "web",
      workerOpts: { type: "module" },
    });
  // mitata awaits native promises only, and workerpool has its own kind.
  const call = (method: string, value: unknown) =>
    Promise.resolve(pool.exec(method, [value]) as PromiseLike<never>);
  return whenReady({
    addOne: (n) => call("addOne", n),
    ...crossing((value) => call("echo", value)),
    busy: (ms) => call("busy", ms),
    close: () => Promise.resolve(pool.terminate(true)),
  }, workers);
}
