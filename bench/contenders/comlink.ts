/**
 * comlink. It has no pool: each call goes to the next worker.
 *
 * @module
 */

import { wrap } from "comlink";
import { whenReady } from "./ready.ts";
import { crossing } from "./bytes.ts";
import type { Tasks } from "./comlink_worker.ts";
import type { Pool } from "./pool.ts";

/** Starts that many workers. */
export function start(count: number): Promise<Pool> {
  const url = new URL("comlink_worker.ts", import.meta.url);
  const workers = Array.from(
    { length: count },
    () => new Worker(url, { type: "module" }),
  );
  const proxies = workers.map((worker) => {
    // Each access makes another proxy.
    const { addOne, echo, busy } = wrap<Tasks>(worker);
    return { addOne, echo, busy };
  });
  let calls = 0;
  const next = () => proxies[calls++ % count];
  return whenReady({
    addOne: (n) => next().addOne(n),
    ...crossing((value) => next().echo(value)),
    busy: (ms) => next().busy(ms),
    close: () => {
      for (const worker of workers) worker.terminate();
      return Promise.resolve();
    },
  }, count);
}
