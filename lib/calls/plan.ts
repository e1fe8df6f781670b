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
import { type Key, positionOfKey } from "./key.ts";
import type { Priority } from "../limits/priority.ts";
import type { RunningCall } from "../limits/running_call.ts";

/** Any worker of the pool may run the call. */
export const ANY_WORKER = -1;

export type { Priority };

/** Settles the promise of a call. */
export type Resolve = (value: unknown) => void;

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
export interface Plan {
  /** Where it goes. */
  readonly place: Place;
  /** Its place among the calls that wait for a slot or a block. */
  readonly priority: Priority;
  /** Added to its kind. */
  readonly flags: number;
  /** Whether shutdown waits for it. */
  readonly tracked: boolean;
  /** Resolves its promise with its result, or with a rejected promise. */
  readonly settle: Resolve;
  /** What the call tells its code, if this thread runs it itself. */
  readonly running?: RunningCall;
  /** The same as `settle`, for a call that waits. Without it, that is called. */
  settleWaiting?(value: unknown): void;
  /** Called right before the call is pushed. */
  prepare?(slot: number): void;
  /** Called when the call has been pushed: the slot belongs to it. */
  pushed?(slot: number): void;
  /** Called when the slot is free again, right before the call is settled. */
  freed?(): void;
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

/** Where calls go that any worker may run. */
const PLACES: Readonly<Record<Priority, Place>> = {
  high: { ring: HIGH_RING, worker: ANY_WORKER },
  normal: { ring: NORMAL_RING, worker: ANY_WORKER },
  low: { ring: LOW_RING, worker: ANY_WORKER },
};

/** The place of calls with a priority, which any worker may run. */
export function placeOf(priority: Priority): Place {
  return PLACES[priority];
}

/** Whether it is the place of plain calls. */
export function isPlainPlace({ ring }: Place): boolean {
  return ring === NORMAL_RING;
}

/** The plan of a plain call that cannot be made as one. */
export function plainPlan(tracked: boolean, settle: Resolve): Plan {
  return {
    place: PLACES.normal,
    priority: "normal",
    flags: 0,
    tracked,
    settle,
  };
}

/** The priority of the calls in a ring. */
export function priorityOf(ring: number): Priority {
  if (ring === HIGH_RING) return "high";
  return ring === LOW_RING ? "low" : "normal";
}
