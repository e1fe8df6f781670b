/**
 * Ends the runtimes of a program that was loaded again in the same isolate, as `bun --hot`
 * does. They would keep their threads and CPUs, and nothing could reach them any more.
 *
 * @module
 */

import type { ShutdownOptions } from "./lifecycle.ts";
import { threadState } from "./thread_state.ts";

/** How long calls of the earlier run may go on, in milliseconds. */
const GRACE_MS = 1_000;

/** A runtime, as far as this module needs it. */
interface Endable {
  blockUntilIdle(options: ShutdownOptions): Promise<void>;
}

/** A module is evaluated once, unless the program is loaded again. */
const thisRun = Symbol("run");

/** By the address of this module: other copies of the library are not affected. */
const built = threadState(
  "built",
  () => new Map<string, Map<Endable, symbol>>(),
);

/** Remembers a runtime that this run of the program has built, until it ends. */
export function rememberRuntime(runtime: Endable): void {
  let ofThisModule = built.get(import.meta.url);
  if (ofThisModule === undefined) {
    ofThisModule = new Map();
    built.set(import.meta.url, ofThisModule);
  }
  ofThisModule.set(runtime, thisRun);
}

/** Forgets a runtime that has ended. */
export function forgetRuntime(runtime: Endable): void {
  built.get(import.meta.url)?.delete(runtime);
}

/**
 * Ends the runtimes that earlier runs of the program have built. Called when this run builds
 * one: a program that keeps its runtime on `globalThis` across reloads does not.
 */
export async function endEarlierRuntimes(): Promise<void> {
  const all = [...built.get(import.meta.url) ?? []];
  const earlier = all.filter(([, run]) => run !== thisRun);
  await Promise.all(
    earlier.map(([runtime]) => runtime.blockUntilIdle({ graceMs: GRACE_MS })),
  );
}
