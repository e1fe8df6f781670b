/**
 * The part of a worker that only some calls need: its own runtime, for tasks that make calls,
 * and its help with parallel loops. Loading it takes as long as loading all the rest.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { setWorkerRuntime } from "../current.ts";
import { Helper } from "../jobs/helper.ts";
import type { Lifecycle } from "../lifecycle.ts";
import { TASK_GLOBALS } from "../parallel/task_globals.ts";
import { LoomRuntime } from "../runtime.ts";
import type { RuntimeFacts } from "../runtime_facts.ts";
import type { Functions } from "../tasks/functions.ts";
import { prepareParser } from "../tasks/parser.ts";

/** What {@linkcode openLibrary} returns. */
export interface OpenLibrary {
  /** The names that self-contained functions can use. */
  readonly globals: typeof TASK_GLOBALS;
  /** Serves the loops of other threads. */
  readonly helper: Helper;
}

/** Creates the runtime of this worker and makes it the current one. */
export async function openLibrary(
  endpoint: Endpoint,
  facts: RuntimeFacts,
  lifecycle: Lifecycle,
  functions: Functions,
): Promise<OpenLibrary> {
  await prepareParser();
  const runtime: LoomRuntime = new LoomRuntime(
    endpoint,
    facts,
    lifecycle,
    functions,
  );
  setWorkerRuntime(runtime);
  const { compiler } = runtime.team;
  const helper = new Helper(endpoint, compiler, runtime.computeThreads);
  return { globals: TASK_GLOBALS, helper };
}
