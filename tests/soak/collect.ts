/**
 * Frees what no thread uses any more, so that most of what is left is in use.
 *
 * @module
 */

import process from "node:process";
import { type LoomRuntime, shared } from "../../mod.ts";
import { liveHeapBytes } from "../support/heap.ts";

/** Collects the garbage of this thread and of all compute workers. */
export async function collectEverywhere(
  runtime: LoomRuntime,
  workerCount: number,
): Promise<void> {
  const arrived = shared(new Int32Array(1));
  await Promise.all(
    Array.from(
      { length: workerCount },
      () => runtime.spawnCompute(collectOnWorker, arrived, workerCount),
    ),
  );
  liveHeapBytes();
}

/** Does not await anything, so that no worker takes two of these calls. */
function collectOnWorker(arrived: Int32Array, workerCount: number): void {
  const { Bun } = globalThis as { Bun?: { gc(synchronous: boolean): void } };
  if (Bun !== undefined) Bun.gc(true);
  else {
    const holder = globalThis as { collectGarbage?: () => void };
    if (holder.collectGarbage === undefined) {
      process.getBuiltinModule("node:v8").setFlagsFromString("--expose-gc");
      const { runInNewContext } = process.getBuiltinModule("node:vm");
      holder.collectGarbage = runInNewContext("gc") as () => void;
    }
    holder.collectGarbage();
  }
  Atomics.add(arrived, 0, 1);
  Atomics.notify(arrived, 0);
  for (let n = 0; (n = Atomics.load(arrived, 0)) < workerCount;) {
    Atomics.wait(arrived, 0, n);
  }
}
