/**
 * Calls that go on although they were cancelled.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import type { Lanes } from "../bridge/lanes.ts";
import { ASYNC, COMPUTE, type PoolKind } from "../bridge/layout.ts";
import { running } from "../bridge/slot_state.ts";

/** A cancelled call that has not ended in time. */
export interface StuckCall {
  /** Serial number of the worker that runs it. */
  readonly serial: number;
  /** The pool of its lane. */
  readonly pool: PoolKind;
  /** The thread index of the owner of its lane. */
  readonly owner: number;
  /** Its slot. */
  readonly slot: number;
}

/** Describes a call for the main thread. */
export function stuckCall(
  lanes: Lanes,
  lane: Lane,
  slot: number,
  serial: number,
): StuckCall {
  const { owner } = lane;
  const pool = lanes.of(COMPUTE, owner) === lane ? COMPUTE : ASYNC;
  return { serial, pool, owner, slot };
}

/** Whether the worker still runs the call; true if it is ended for another reason. */
export function isStuck(lanes: Lanes, call: StuckCall | undefined): boolean {
  if (call === undefined) return true;
  const { serial, pool, owner, slot } = call;
  const lane = lanes.of(pool, owner);
  return lane.meta(slot) === running(serial) && lane.calls.mustStop(slot);
}
