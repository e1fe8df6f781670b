/**
 * The size of the heap without garbage.
 *
 * @module
 */

import process from "node:process";
import v8 from "node:v8";
import vm from "node:vm";

/** Collects all garbage and returns the bytes that are left. */
export function liveHeapBytes(): number {
  const { Bun } = globalThis as { Bun?: { gc(synchronous: boolean): void } };
  if (Bun === undefined) collectOnDeno();
  else Bun.gc(true);
  return process.memoryUsage().heapUsed;
}

let collect: (() => void) | undefined;

function collectOnDeno(): void {
  v8.setFlagsFromString("--expose-gc");
  // Once: a new context is garbage of its own.
  collect ??= vm.runInNewContext("gc") as () => void;
  collect();
}
