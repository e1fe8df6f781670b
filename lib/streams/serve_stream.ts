/**
 * The task by which a thread has a worker run a generator.
 *
 * @module
 */

import { builtInTask, provideTask } from "../tasks/task.ts";

/** The arguments of the generator function, then its number and the memory of its items. */
export type StreamArguments = [
  ...args: unknown[],
  task: number,
  memory: SharedArrayBuffer,
];

/** Runs a generator until it ends, or the caller needs no more items. */
export type ServeStream = (...args: StreamArguments) => Promise<void>;

/** Runs a generator on a worker. */
export const serveStream: ServeStream = builtInTask<ServeStream>(
  "serveStream",
  () => {
    throw new Error("Cannot serve stream: this thread is not a worker");
  },
);

/** Sets what {@linkcode serveStream} does on this worker. Call it once, when it starts. */
export function serveStreamsWith(server: ServeStream): void {
  provideTask(serveStream, server);
}
