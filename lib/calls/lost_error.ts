/**
 * The error of a call whose worker has ended.
 *
 * @module
 */

import { WorkerLostError } from "../errors.ts";

/** Why a worker has ended, as options of the error and as a text. */
export type ReasonOfEnd = ErrorOptions & { readonly text: string };

/**
 * Describes what has happened to a call.
 *
 * @param thread Index of its worker.
 * @param reasonOf Why the last worker of that index has ended, if that is known.
 */
export function lostError(
  thread: number,
  reasonOf: (thread: number) => ReasonOfEnd | undefined,
): WorkerLostError {
  const { text, ...options } = reasonOf(thread) ??
    { text: "for an unknown reason" };
  return new WorkerLostError(
    `Cannot finish call: worker ${thread} ended while it ran it (${text}); ` +
      `a new worker takes its place`,
    options,
  );
}
