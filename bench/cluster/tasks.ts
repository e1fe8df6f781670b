/**
 * The tasks of the benchmark of a cluster.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { task } from "../../mod.ts";

/** Returns its argument, as a bare responder does. */
export const same = task(import.meta.url, function same(n: number): number {
  return n;
});

/** Waits, as tasks that make requests do. */
export const wait = task(
  import.meta.url,
  async function wait(ms: number): Promise<number> {
    await pause(ms);
    return ms;
  },
);
