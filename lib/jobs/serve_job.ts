/**
 * The task by which a thread asks others for help with its job.
 *
 * @module
 */

import { markImported, task } from "../tasks/task.ts";
import type { JobMemory } from "./job.ts";
import type { Program } from "./loop_compiler.ts";

/** All that a helper needs to know. */
export interface HelpRequest {
  /** The job. */
  readonly memory: JobMemory;
  /** What it does. */
  readonly program: Program;
  /** Index of the thread that asks. */
  readonly caller: number;
}

/** Runs leaves of the job until none is left. */
export type Serve = (request: HelpRequest) => void | Promise<void>;

let serve: Serve | undefined;

/** Sets what this worker does when it is asked for help; once, when it starts. */
export function serveJobsWith(server: Serve): void {
  serve = server;
  // A worker must not take one request after another while it imports what it has.
  markImported(serveJob);
}

/** Helps the caller with its job; returns when nothing of it is left to claim. */
export const serveJob: Serve = task(
  import.meta.url,
  function serveJob(request: HelpRequest): void | Promise<void> {
    return serve!(request);
  },
);
