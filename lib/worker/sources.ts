/**
 * The order in which a worker takes calls.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import {
  DIRECT_RINGS,
  HIGH_RING,
  LOW_RING,
  NORMAL_RING,
  type PoolKind,
} from "../bridge/layout.ts";
import type { Ring } from "../bridge/ring.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { type Priority, priorityOf } from "../calls/plan.ts";

/** A ring and the lane that it belongs to. */
export interface Source {
  readonly lane: Lane;
  readonly ring: Ring;
  /** Priority of the calls in the ring. */
  readonly priority: Priority;
  /** Whether only this worker takes from the ring. */
  readonly isDirect: boolean;
}

/**
 * The rings in use from which the thread of `endpoint` takes calls: all with high priority,
 * then those that only this worker serves, then the normal ones, last those with low priority.
 * Of each kind, the ring of this worker's own lane is first, so that nested calls come before
 * new ones, then those of other workers, last the main thread's.
 */
export function sourcesInOrder(endpoint: Endpoint, pool: PoolKind): Source[] {
  const { control, thread } = endpoint;
  // Its own first, then those of the other workers, the main thread's last.
  const others = control.parkers.map((_, owner) => owner).reverse()
    .filter((owner) => owner !== thread);
  const owners = [thread, ...others];
  const direct = DIRECT_RINGS +
    endpoint.workersOf(pool).indexOf(endpoint.thread);
  return [HIGH_RING, direct, NORMAL_RING, LOW_RING].flatMap((ring) => {
    const priority = priorityOf(ring);
    const bit = 1 << Math.min(ring, DIRECT_RINGS);
    return owners
      .filter((owner) => (control.ringsInUse(owner, pool) & bit) !== 0)
      .map((owner) => {
        const lane = endpoint.lanes.of(pool, owner);
        const isDirect = ring === direct;
        return { lane, ring: lane.ringAt(ring), priority, isDirect };
      });
  });
}
