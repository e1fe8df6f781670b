/**
 * Starts a pool as the first thing in its process, and prints the milliseconds as
 * events of the harness.
 *
 *     startup.ts POOL WORKERS
 *
 * @module
 */

import process from "node:process";
import { POOLS } from "../contenders/list.ts";
import type { PoolModule } from "../contenders/pool.ts";
import type { Figures } from "../harness/benchmark.ts";
import { printEvent } from "../harness/recorder.ts";
import { median } from "../harness/statistics.ts";

const LATER_STARTS = 5;

const [name, count] = process.argv.slice(2);
const workers = Number(count);
await measure();
process.exit(0);

async function measure(): Promise<void> {
  const { load, library } = POOLS[name];
  const importMs = await milliseconds(async () => await library?.());
  if (library !== undefined) print({ import: importMs });
  const module = await load();
  const first = await start(module);
  print({
    [`start${workers}`]: first.startMs,
    ready: importMs + first.startMs,
  });
  print({ shutdown: await milliseconds(first.close) });
  if (workers > 1) return;
  const later: number[] = [];
  for (let i = 0; i < LATER_STARTS; i++) {
    const { startMs, close } = await start(module);
    later.push(startMs);
    await close();
  }
  print({ again: median(later) });
}

/** Prints figures at once, so that a step that fails does not remove earlier ones. */
function print(figures: Figures): void {
  printEvent({ kind: "measured", figures });
}

async function start({ start }: PoolModule) {
  const before = performance.now();
  const pool = await start(workers);
  await Promise.all(Array.from({ length: workers }, (_, n) => pool.addOne(n)));
  return { startMs: performance.now() - before, close: () => pool.close() };
}

async function milliseconds(fn: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await fn();
  return performance.now() - before;
}
