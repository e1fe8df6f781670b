/**
 * Starts a runtime.
 *
 * @module
 */

import type { ResolvedConfig } from "./config/merge.ts";
import { dropRuntime, isLoomWorker, setCurrentRuntime } from "./current.ts";
import { LoomError } from "./errors.ts";
import { TASK_GLOBALS } from "./parallel/task_globals.ts";
import type { WorkerHooks } from "./pool/hooks.ts";
import { describeWait } from "./pool/unfinished.ts";
import { forgetRuntime, rememberRuntime } from "./reload.ts";
import { LoomRuntime } from "./runtime.ts";
import type { StartedThreads } from "./start.ts";
import { Functions } from "./tasks/functions.ts";

/** @throws {LoomError} If this thread is a worker. */
export function requireMainThread(): void {
  if (!isLoomWorker()) return;
  throw new LoomError(
    "Cannot build runtime: this thread is a worker, which imported this module for a " +
      "task; build only on the main thread: if (import.meta.main) { … }",
  );
}

/**
 * Starts the threads of a runtime, and makes it the current one until it ends.
 *
 * @param hooks What runs on each compute worker when it starts and ends.
 * @throws What {@linkcode LoomBuilder.build} throws.
 */
export async function launch(
  resolved: ResolvedConfig,
  hooks: WorkerHooks,
): Promise<LoomRuntime> {
  const observer = await openObserver(resolved);
  const { pool, facts } = await start(resolved, hooks, observer);
  const runtime: LoomRuntime = new LoomRuntime(pool.endpoint, facts, {
    begin: (options) => {
      pool.close(options, () => runtime.noteSettled());
      return true;
    },
    end: () => void pool.stop(),
    recycle: () => pool.recycle(),
    ended: () => pool.ended,
  }, new Functions(pool.tasks, { globals: TASK_GLOBALS }));
  pool.listen({
    shutdownRequested: (options) => runtime.shutdown(options),
    waitsLong: (waitedMs) =>
      warn(describeWait(pool.endpoint, pool.tasks, waitedMs)),
  });
  setCurrentRuntime(runtime);
  rememberRuntime(runtime);
  observer?.attach(runtime);
  pool.ended.then(() => {
    observer?.close();
    runtime.noteEnded();
    dropRuntime(runtime);
    forgetRuntime(runtime);
  });
  await calibrateIfAsked(runtime);
  return runtime;
}

/** A runtime that nobody gets is shut down. */
async function calibrateIfAsked(runtime: LoomRuntime): Promise<void> {
  const { calibration } = runtime.config;
  if (!calibration?.enabled) return;
  try {
    await runtime.calibrate(calibration);
  } catch (error) {
    await runtime.blockUntilIdle();
    throw error;
  }
}

/** Opens the ways into a runtime that is to be observed. */
async function openObserver({ config }: ResolvedConfig) {
  if (config.observe === false && config.observeHttp === undefined) return;
  // Others do not load it.
  const { openObserver } = await import("./observer/observer.ts");
  return await openObserver(config);
}

async function start(
  resolved: ResolvedConfig,
  hooks: WorkerHooks,
  observer: { close(): void } | undefined,
): Promise<StartedThreads> {
  try {
    // Workers that import loom for a task start nothing.
    const { startThreads } = await import("./start.ts");
    return await startThreads(resolved, warn, hooks);
  } catch (error) {
    observer?.close();
    throw error;
  }
}

function warn(message: string): void {
  console.warn(message);
}
