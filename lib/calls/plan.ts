/**
 * How a call is made that is not a plain one.
 *
 * @module
 */

import {
  DIRECT_RINGS,
  HIGH_RING,
  LOW_RING,
  NORMAL_RING,
} from "../bridge/layout.ts";
import type { Resolve } from "./call_slots.ts";
import { type Key, positionOfKey } from "./key.ts";

/** Any worker of the pool may run the call. */
export const ANY_WORKER = -1;

/** How urgent a call is: what waits is taken in this order. */
export type Priority = "high" | "normal" | "low";

/** Where a call goes. */
export interface Place {
  /** Index of its ring: see layout.ts. */
  readonly ring: number;
  /** Thread index of the worker of a direct ring; else {@linkcode ANY_WORKER}. */
  readonly worker: number;
  /**
   * Whether another worker, which made the call and finds no slot for it, may run it itself:
   * see Runner.runWaiting().
   */
  readonly mayMove?: boolean;
}

/** How a call is made that is not a plain one. */
export interface Plan extends Place {
  /** Its place among the calls that wait for a slot or a block. */
  readonly priority: Priority;
  /** Added to its kind. */
  readonly flags: number;
  /** Whether shutdown waits for it. */
  readonly tracked: boolean;
  /** Called with its result, or with a rejected promise. */
  readonly settle: Resolve;
  /** Called when the call has been pushed; until it is settled, the slot belongs to it. */
  pushed(slot: number): void;
}

/** The place of a call for one worker only, given its position in its pool. */
export function placeOn(position: number, workers: readonly number[]): Place {
  return { ring: DIRECT_RINGS + position, worker: workers[position] };
}

/** The place of calls with a key. */
export function placeOfKey(key: Key, workers: readonly number[]): Place {
  const position = positionOfKey(key, workers.length);
  return { ...placeOn(position, workers), mayMove: true };
}

/** The ring of a priority. */
export function ringOf(priority: Priority): number {
  switch (priority) {
    case "high":
      return HIGH_RING;
    case "low":
      return LOW_RING;
    case "normal":
      return NORMAL_RING;
  }
}

/** The plan of a plain call that cannot be made as one. */
export function plainPlan(tracked: boolean, settle: Resolve): Plan {
  return {
    ring: NORMAL_RING,
    worker: ANY_WORKER,
    priority: "normal",
    flags: 0,
    tracked,
    settle,
    pushed: () => {},
  };
}
