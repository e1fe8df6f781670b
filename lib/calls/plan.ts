/**
 * How a call is made that is not a plain one.
 *
 * @module
 */

import { HIGH_RING, LOW_RING, NORMAL_RING } from "../bridge/layout.ts";
import type { Resolve } from "./call_slots.ts";

/** Any worker of the pool may run the call. */
export const ANY_WORKER = -1;

/** How urgent a call is: what waits is taken in this order. */
export type Priority = "high" | "normal" | "low";

/** How a call is made that is not a plain one. */
export interface Plan {
  /** Index of its ring: see layout.ts. */
  readonly ring: number;
  /** Thread index of the worker of a direct ring; else {@linkcode ANY_WORKER}. */
  readonly worker: number;
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
