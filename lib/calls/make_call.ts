/**
 * Makes calls that are not plain ones.
 *
 * @module
 */

import type { CallLimits } from "./call_limits.ts";
import type { Caller } from "./caller.ts";
import { ControlledCall } from "./controlled_call.ts";
import type { Place, Priority } from "./plan.ts";

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

/** Passes the number of the task on, unless the call is refused; then it throws. */
export type WithTask = (submit: (task: number) => void) => void;

/** Makes a call; failures reject its promise. */
export function makeCall(
  caller: Caller,
  withTask: WithTask,
  args: readonly unknown[],
  terms: CallTerms,
): Promise<unknown> {
  const { limits } = terms;
  if (limits === undefined) {
    return makeSimpleCall(caller, withTask, args, terms);
  }
  if (limits.signal?.aborted) return Promise.reject(limits.signal.reason);
  return makeControlledCall(caller, withTask, args, terms, limits).promise;
}

/** Makes a call with limits, whose signal is not aborted; failures reject its promise. */
export function makeControlledCall(
  caller: Caller,
  withTask: WithTask,
  args: readonly unknown[],
  { place, priority }: CallTerms,
  limits: CallLimits,
): ControlledCall {
  const call = new ControlledCall(caller.controls, limits, place, priority);
  try {
    withTask((task) => {
      call.start((plan) => caller.submitPlanned(task, args, plan));
    });
  } catch (error) {
    call.fail(error);
  }
  return call;
}

function makeSimpleCall(
  caller: Caller,
  withTask: WithTask,
  args: readonly unknown[],
  { place, priority }: CallTerms,
): Promise<unknown> {
  let call: Promise<unknown>;
  try {
    withTask((task) => {
      call = submitSimple(caller, task, args, { place, priority });
    });
  } catch (error) {
    return Promise.reject(error);
  }
  return call!;
}

/**
 * Submits a call without limits.
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
  const { ring, worker, mayMove } = place;
  const pushed = () => {};
  caller.submitPlanned(task, args, {
    ring,
    worker,
    mayMove,
    priority,
    flags: 0,
    tracked,
    settle: resolve,
    pushed,
  });
  return promise;
}
