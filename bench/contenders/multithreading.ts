/**
 * multithreading, which sends a function to a worker once.
 *
 * @module
 */

import { initRuntime, move, shutdown, spawn } from "multithreading";
import { whenReady } from "./ready.ts";
import { computeFor, type Pool } from "./pool.ts";
import { addOne, echo } from "./tasks.ts";

/** Starts that many workers. */
export async function start(workers: number): Promise<Pool> {
  initRuntime({ maxWorkers: workers });
  const pool = await whenReady(poolOfThem(), workers);
  // A call fails until its worker has read the function that an earlier call sent, so each
  // function is sent to every worker first.
  const inEach = (call: () => Promise<unknown>) =>
    Promise.all(Array.from({ length: workers }, call));
  await inEach(() => pool.echo(0));
  await inEach(() => pool.busy(0));
  return pool;
}

function poolOfThem(): Pool {
  return {
    addOne: (n) => call(n, addOne),
    // It always transfers bytes, so a caller that keeps them sends a copy.
    echo: (value) =>
      call(value instanceof Uint8Array ? value.slice() as never : value, echo),
    pass: (bytes) => call(bytes, echo),
    move: (bytes) => call(bytes, echo),
    passable: (size) => new Uint8Array(size),
    busy: (ms) => call(ms, computeFor),
    close: () => Promise.resolve(shutdown()),
  };
}

async function call<T, R>(value: T, fn: (value: T) => R): Promise<R> {
  const result = await spawn(move(value), fn).join();
  if (result.ok) return result.value;
  throw result.error;
}
