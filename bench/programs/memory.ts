/**
 * Measures what calls allocate, or what memory they keep, and prints it as JSON.
 *
 *     memory.ts loom|raw_worker|promise allocated|retained|large
 *
 * V8 counts the bytes that the heap of the main thread has ever allocated. JSC has no such
 * counter: there the program has to run without garbage collection (BUN_JSC_useGC=0), and
 * the growth of memory is measured, which includes the worker's.
 *
 * @module
 */

import process from "node:process";
import { getHeapStatistics } from "node:v8";
import { OWN_ARGS } from "../harness/command_line.ts";
import { RUNTIME } from "../harness/environment.ts";
import { median } from "../harness/statistics.ts";
import type { Pool } from "../contenders/pool.ts";

type Call = (value: unknown) => Promise<unknown>;

const VALUES: Readonly<Record<string, unknown>> = {
  number: 42.5,
  string: "twelve bytes",
  object: { id: 42, name: "loom", at: { x: 1.5, y: -2.5 } },
  bytes: new Uint8Array(1000),
};
const WARM_UP_CALLS = 200_000;
const RETAINED_CALLS = 1_000_000;
const LARGE_BYTES = 200_000_000;
const LARGE_WAIT_MS = 1000;
/** The median of several rounds leaves out what compilers allocate meanwhile. */
const ROUNDS = 9;
const ROUND_CALLS = 20_000;

/** Functions of the runtimes that are not typed here. */
const { Bun, gc } = globalThis as unknown as {
  Bun: { gc(force: boolean): void };
  gc: () => void;
};
const jsc: { memoryUsage(): { current: number } } = RUNTIME === "Bun"
  ? await import("bun:jsc" as string)
  : undefined;

const [callee, what] = OWN_ARGS;
const call = await start();
const measure = { allocated, retained, large }[what]!;
console.log(JSON.stringify(await measure()));
process.exit(0);

async function start(): Promise<Call> {
  if (callee === "promise") return barePromise();
  const pool: Pool = await (await import(`../contenders/${callee}.ts`)).start(
    1,
  );
  return (value) => {
    if (typeof value === "number") return pool.addOne(value);
    return isLarge(value) ? pool.lengthOf!(value) : pool.echo(value);
  };
}

function isLarge(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array && value.length === LARGE_BYTES;
}

function barePromise(): Call {
  let resolve: (value: unknown) => void;
  let result: unknown;
  const executor = (settle: (value: unknown) => void) => {
    resolve = settle;
  };
  const settle = () => resolve(result);
  return (value) => {
    // A promise that is kept keeps its result.
    result = isLarge(value) ? value.length : value;
    queueMicrotask(settle);
    return new Promise(executor);
  };
}

async function calls(value: unknown, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await call(value);
}

async function allocated(): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const [key, value] of Object.entries(VALUES)) {
    await calls(value, WARM_UP_CALLS / 4);
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const before = allocatedBytes();
      await calls(value, ROUND_CALLS);
      rounds.push((allocatedBytes() - before) / ROUND_CALLS);
    }
    figures[key] = median(rounds);
  }
  return figures;
}

function allocatedBytes(): number {
  if (RUNTIME === "Bun") return jsc.memoryUsage().current;
  const statistics = getHeapStatistics() as { total_allocated_bytes?: number };
  return statistics.total_allocated_bytes!;
}

async function retained(): Promise<Record<string, number>> {
  await calls(1, WARM_UP_CALLS);
  const before = await memory();
  await calls(1, RETAINED_CALLS);
  const after = await memory();
  return {
    retained: after.heapUsed - before.heapUsed,
    resident: after.rss - before.rss,
  };
}

async function large(): Promise<Record<string, number>> {
  await calls(1, WARM_UP_CALLS / 4);
  const before = await memory();
  await callWithMuch();
  await new Promise((resolve) => setTimeout(resolve, LARGE_WAIT_MS));
  const after = await memory();
  return { large: after.rss - before.rss };
}

/** A function of its own, so that no variable keeps the argument. */
async function callWithMuch(): Promise<void> {
  await call(new Uint8Array(LARGE_BYTES).fill(1));
}

async function memory(): Promise<{ heapUsed: number; rss: number }> {
  // The second collection frees what finalizers released.
  for (let i = 0; i < 2; i++) {
    if (RUNTIME === "Bun") Bun.gc(true);
    else gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return process.memoryUsage();
}
