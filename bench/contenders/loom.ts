/**
 * loom with its defaults, but for flags: pinned threads, tracked calls, call sites, all
 * checks.
 *
 * @module
 */

import { LoomBuilder, move } from "../../mod.ts";
import { LOOM_ARGS } from "../harness/command_line.ts";
import { computeFor, type Pool } from "./pool.ts";

/** Starts a runtime with that many compute workers. */
export async function start(workers: number): Promise<Pool> {
  const cpus = navigator.hardwareConcurrency;
  const runtime = await new LoomBuilder().computeThreads(workers)
    // More threads than CPUs cannot have one CPU each.
    .pinThreads(workers < cpus)
    .withCliArgs(LOOM_ARGS)
    .build();
  const view = runtime.with({ signal: new AbortController().signal });
  const addOne = (n: number) => n + 1;
  const echo = <T>(value: T) => value;
  const lengthOf = (bytes: Uint8Array) => bytes.length;
  const pass = (bytes: Uint8Array) => bytes;
  const moveBack = (bytes: Uint8Array) => move(bytes);
  return {
    addOne: (n) => runtime.spawnCompute(addOne, n),
    addOneWithSignal: (n) => view.spawnCompute(addOne, n),
    echo: (value) => runtime.spawnCompute(echo, value) as Promise<never>,
    lengthOf: (bytes) => runtime.spawnCompute(lengthOf, bytes),
    pass: (bytes) => runtime.spawnCompute(pass, bytes),
    move: (bytes) => runtime.spawnCompute(moveBack, move(bytes)),
    passable: (size) => runtime.alloc(Uint8Array, size),
    busy: (ms) => runtime.spawnCompute(computeFor, ms),
    close: () => runtime[Symbol.asyncDispose](),
  };
}
