/**
 * What the code of tasks uses of this library. Loaded by library.ts.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { setCurrentRuntime } from "../current.ts";
import type { ShutdownRequest } from "../handshake.ts";
import { Helper } from "../jobs/helper.ts";
import type { ShutdownOptions } from "../lifecycle.ts";
import { LoomRuntime } from "../runtime.ts";
import type { RuntimeFacts } from "../runtime_facts.ts";
import type { Functions } from "../tasks/functions.ts";
import { mainThread } from "./main_thread.ts";
import type { Results } from "./results.ts";

export { TASK_GLOBALS } from "../parallel/task_globals.ts";
export { prepareParser } from "../tasks/parser.ts";

/** What a worker has while it serves calls. */
export interface ServingWorker {
  /** Its side of the bridge. */
  readonly endpoint: Endpoint;
  /** What all threads know about the runtime. */
  readonly facts: RuntimeFacts;
  /** The functions of its tasks. */
  readonly functions: Functions;
  /** The results of its calls. */
  readonly results: Results;
}

/** What is made for the tasks of one worker. */
export interface OpenLibrary {
  /** The current runtime of its thread. */
  readonly runtime: LoomRuntime;
  /** Serves the parallel loops of other threads. */
  readonly helper: Helper;
}

/** Gives this thread, which is a worker, a current runtime. */
export function openLibrary(
  { endpoint, facts, functions }: ServingWorker,
): OpenLibrary {
  const runtime = new LoomRuntime(endpoint, facts, SHUTDOWN, functions);
  setCurrentRuntime(runtime);
  const { team, computeThreads } = runtime;
  const helper = new Helper(endpoint, team.compiler, computeThreads);
  return { runtime, helper };
}

/** Shutdown as a worker requests it from the main thread. */
const SHUTDOWN = {
  begin(options: ShutdownOptions) {
    // Not through the mailbox, which a main thread without calls in flight does not read.
    mainThread.postMessage({ shutdown: options } satisfies ShutdownRequest);
    // Code on a worker belongs to calls in flight, which may finish.
    return false;
  },
  end() {},
  recycle: () =>
    Promise.reject(
      new Error(
        "Cannot recycle workers: this thread is one; call recycle() on the main thread",
      ),
    ),
  ended: () =>
    Promise.reject(
      new Error(
        "Cannot wait for shutdown on a worker: the worker ends with the runtime",
      ),
    ),
};
