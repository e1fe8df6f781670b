/**
 * Makes calls that are not plain ones.
 *
 * @module
 */

import type { CallLimits } from "../limits/call_limits.ts";
import type { Caller } from "../calls/caller.ts";
import { ControlledCall } from "./controlled_call.ts";
import { isPlainPlace, type Place, type Priority } from "../calls/plan.ts";

/** How a call without limits is made. */
export interface SimpleTerms {
  /** Where it goes. */
  readonly place: Place;
  /** How urgent it is. */
  readonly priority: Priority;
  /** Whether shutdown waits for it; by default it does. */
  readonly tracked?: boolean;
}

/** How a call is made. */
export interface CallTerms extends SimpleTerms {
  /** What ends it; undefined if nothing does. */
  readonly limits: CallLimits | undefined;
}

/**
 * Makes a call.
 *
 * @throws What {@linkcode Caller.submit} throws.
 */
export function makeCall(
  caller: Caller,
  task: number,
  args: readonly unknown[],
  terms: CallTerms,
): Promise<unknown> {
  const { limits, place } = terms;
  if (limits !== undefined) {
    return makeControlledCall(caller, task, args, terms, limits).promise;
  }
  return isPlainPlace(place)
    ? caller.submit(task, args, true)
    : submitSimple(caller, task, args, terms);
}

/**
 * Makes a call with limits.
 *
 * @throws What {@linkcode Caller.submit} throws.
 */
export function makeControlledCall(
  caller: Caller,
  task: number,
  args: readonly unknown[],
  { place, priority }: SimpleTerms,
  limits: CallLimits,
): ControlledCall {
  const call = new ControlledCall(caller.controls, limits, place, priority);
  try {
    call.submitted(caller.submitPlanned(task, args, call));
  } catch (error) {
    // If no stack was left after the push, the call runs; its outcome is ignored.
    call.withdraw();
    throw error;
  }
  return call;
}

/**
 * Makes a call without limits.
 *
 * @throws What {@linkcode Caller.submit} throws.
 */
export function submitSimple(
  caller: Caller,
  task: number,
  args: readonly unknown[],
  { place, priority, tracked = true }: SimpleTerms,
): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  caller.submitPlanned(task, args, {
    place,
    priority,
    flags: 0,
    tracked,
    settle: resolve,
  });
  return promise;
}
