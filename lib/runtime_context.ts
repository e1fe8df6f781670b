/**
 * The runtime that the present code runs in, kept across awaits.
 *
 * Code gets a context from `install()` and from a plain function of `spawnAsync()`. What it
 * awaits, and timers and promises that it creates, have the same context. The storage is
 * created with the first context, so programs without one pay nothing for it.
 *
 * @module
 */

import type { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import {
  findRunningCall,
  runAs,
  type RunningCall,
} from "./limits/running_call.ts";

/** A runtime; its class is unknown here, because it uses this module. */
type AnyRuntime = object;

/** What the present code runs in. */
interface Context {
  readonly runtime: AnyRuntime;
  /** The innermost tracked task. */
  readonly task: TrackedTask | undefined;
  /** What it inherits from a view. */
  readonly call: RunningCall | undefined;
}

let storage: AsyncLocalStorage<Context> | undefined;

findRunningCall(() => storage?.getStore()?.call);

/** The runtime whose `install()` or `spawnAsync()` runs the present code; else undefined. */
export function installedRuntime(): AnyRuntime | undefined {
  return storage?.getStore()?.runtime;
}

/**
 * Runs `fn`, and what follows its awaits, with `runtime` as the current one.
 *
 * @param call What the code sees as its call.
 */
export function runInstalled<T>(
  runtime: AnyRuntime,
  fn: () => T,
  call?: RunningCall,
): T {
  const task = storage?.getStore()?.task;
  if (call === undefined) return runInContext(runtime, task, fn);
  return runAs(call, () => runInContext(runtime, task, fn, call));
}

/**
 * Runs `fn` as a tracked task of `runtime`, which is the current one in it.
 *
 * @param call What the code sees as its call.
 * @returns A promise of what `fn` returns. The task has ended when it settles.
 */
export async function runInTask<T>(
  runtime: AnyRuntime,
  fn: () => T,
  call?: RunningCall,
): Promise<Awaited<T>> {
  const task = new TrackedTask(runtime, storage?.getStore()?.task);
  try {
    return await runInContext(runtime, task, fn, call);
  } finally {
    task.end();
  }
}

/** Whether the present code belongs to a tracked task of `runtime` that has not ended. */
export function isInsideTask(runtime: AnyRuntime): boolean {
  let task = storage?.getStore()?.task;
  while (task !== undefined && !task.runsOn(runtime)) task = task.outer;
  return task !== undefined;
}

function runInContext<T>(
  runtime: AnyRuntime,
  task: TrackedTask | undefined,
  fn: () => T,
  call: RunningCall | undefined = storage?.getStore()?.call,
): T {
  storage ??= createStorage();
  return storage.run({ runtime, task, call }, fn);
}

/** Loads the module when it is first needed: an import takes milliseconds on Deno. */
function createStorage(): AsyncLocalStorage<Context> {
  const hooks = process.getBuiltinModule("node:async_hooks");
  return new hooks.AsyncLocalStorage<Context>();
}

/** A tracked task. */
class TrackedTask {
  /** The task that started this one, unless it has ended. */
  outer: TrackedTask | undefined;
  readonly #runtime: AnyRuntime;
  #hasEnded = false;

  constructor(runtime: AnyRuntime, outer: TrackedTask | undefined) {
    this.#runtime = runtime;
    this.outer = outer;
    // Tasks that each start the next one and end must not form a chain that only grows.
    this.dropEnded();
    outer?.dropEnded();
  }

  runsOn(runtime: AnyRuntime): boolean {
    return this.#runtime === runtime && !this.#hasEnded;
  }

  end(): void {
    this.#hasEnded = true;
    this.dropEnded();
  }

  dropEnded(): void {
    while (this.outer !== undefined && this.outer.#hasEnded) {
      this.outer = this.outer.outer;
    }
  }
}
