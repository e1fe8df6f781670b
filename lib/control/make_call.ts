/**
 * Makes calls that are not plain ones.
 *
 * @module
 */

import type { CallLimits } from "../limits/call_limits.ts";
import type { Caller } from "../calls/caller.ts";
import { ControlledCall } from "./controlled_call.ts";
import {
  isPlainPlace,
  type Place,
  type Plan,
  type Priority,
} from "../calls/plan.ts";
import type { CallWatch } from "../calls/wrappers.ts";
import { WRAPPED } from "../payloads/payload_kinds.ts";

/** How a call without limits is made. */
export interface SimpleTerms {
  /** Where it goes. */
  readonly place: Place;
  /** How urgent it is. */
  readonly priority: Priority;
  /** Whether shutdown waits for it; by default it does. */
  readonly tracked?: boolean;
  /** Is told of its slot. The call is wrapped: its last argument is a list of wrappers. */
  readonly watch?: CallWatch | undefined;
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
  const { limits, place, watch, tracked } = terms;
  if (limits !== undefined) {
    return makeControlledCall(caller, task, args, terms, limits).promise;
  }
  return isPlainPlace(place) && watch === undefined
    ? caller.submit(task, args, tracked ?? true)
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
  { place, priority, watch }: SimpleTerms,
  limits: CallLimits,
): ControlledCall {
  const { controls } = caller;
  const call = new ControlledCall(controls, limits, place, priority, watch);
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
  { place, priority, tracked = true, watch }: SimpleTerms,
): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const plan = { place, priority, flags: 0, tracked, settle: resolve };
  const made = watch === undefined ? plan : watched(plan, watch);
  caller.submitPlanned(task, args, made);
  return promise;
}

function watched(plan: Plan, watch: CallWatch): Plan {
  return {
    ...plan,
    flags: WRAPPED,
    prepare: (slot) => watch.prepare(slot),
    // Only a plan that has this is told when the slot is free.
    pushed() {},
    freed: () => watch.freed(),
  };
}
