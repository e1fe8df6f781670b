/**
 * The task by which a thread requests help with its job.
 *
 * @module
 */

import { builtInTask, provideTask } from "../tasks/task.ts";
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

/** Helps the caller with its job; returns when no leaf is left to claim. */
export const serveJob: Serve = builtInTask<Serve>("serveJob", () => {
  throw new Error("Cannot serve job: this thread is not a worker");
});

/** Sets what {@linkcode serveJob} does on this worker. Call it once, when the worker starts. */
export function serveJobsWith(server: Serve): void {
  provideTask(serveJob, server);
}
