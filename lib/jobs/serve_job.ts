/**
 * The task by which a thread requests help with its job.
 *
 * @module
 */

import { markImported, task } from "../tasks/task.ts";
import type { JobMemory } from "./job.ts";
import type { LoopSpec } from "./loop.ts";

/** The arguments of {@linkcode serveJob}. */
export interface HelpRequest {
  /** The memory of the job. */
  readonly memory: JobMemory;
  /** The loop. */
  readonly spec: LoopSpec;
  /** Index of the thread that runs the loop. */
  readonly caller: number;
}

/** Runs leaves of the job until none is left to claim. */
export type Serve = (request: HelpRequest) => void | Promise<void>;

let serve: Serve | undefined;

/** Sets what {@linkcode serveJob} does on this worker. Call it once, when the worker starts. */
export function serveJobsWith(server: Serve): void {
  serve = server;
  // This module is loaded. Importing it would be asynchronous, and the worker would take
  // one request after another in the meantime.
  markImported(serveJob);
}

/** Helps the caller with its job; returns when no leaf is left to claim. */
export const serveJob: Serve = task(
  import.meta.url,
  function serveJob(request: HelpRequest): void | Promise<void> {
    return serve!(request);
  },
);
