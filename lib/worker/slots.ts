/**
 * Names of the calls that a worker runs.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";

/** Slots of a lane, at most. */
const MAX_SLOTS = 2 ** 15;

/** The slot of a call, which is named by its lane and its stamp. */
export function slotOf(lane: Lane, stamp: number): number {
  return stamp & (lane.capacity - 1);
}

/**
 * The key of a slot among those of all lanes. A worker serves one pool only, so each owner has
 * one lane.
 */
export function keyOf(lane: Lane, slot: number): number {
  return lane.owner * MAX_SLOTS + slot;
}
