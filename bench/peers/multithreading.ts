/**
 * multithreading, which sends a function to a worker once.
 *
 * @module
 */

import { initRuntime, move, shutdown, spawn } from "multithreading";
import { answering } from "./answering.ts";
import { computeFor, type Pool } from "./pool.ts";
import { addOne, echo } from "./tasks.ts";

/** Starts that many workers. */
export function start(workers: number): Promise<Pool> {
  initRuntime({ maxWorkers: workers });
  return answering({
    addOne: (n) => call(n, addOne),
    // It transfers bytes, always: who wants to keep them hands over a copy.
    echo: (value) =>
      call(value instanceof Uint8Array ? value.slice() as never : value, echo),
    pass: (bytes) => call(bytes, echo),
    passable: (size) => new Uint8Array(size),
    busy: (ms) => call(ms, computeFor),
    close: () => Promise.resolve(shutdown()),
  }, workers);
}

async function call<T, R>(value: T, fn: (value: T) => R): Promise<R> {
  const result = await spawn(move(value), fn).join();
  if (result.ok) return result.value;
  throw result.error;
}
