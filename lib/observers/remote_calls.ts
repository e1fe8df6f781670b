/**
 * Calls between processes, as the observers of this thread see them.
 *
 * @module
 */

import { Observed } from "./observed.ts";
import { type Beginning, observersOfThread } from "./observers.ts";

/**
 * Tells the observers of this thread of a call that goes to another process, or has come from
 * one.
 *
 * @returns Undefined if none of them watches it.
 */
export function beginRemote(beginning: Beginning): Observed | undefined {
  const observations = observersOfThread()
    .map((observer) => observer.begin(beginning))
    .filter((observation) => observation !== undefined);
  return observations.length === 0 ? undefined : new Observed(observations, []);
}
