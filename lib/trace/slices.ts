/**
 * What ran on which thread, from what the threads have recorded.
 *
 * @module
 */

import {
  EVENT_CALL,
  EVENT_LEAVES,
  type RecordedEvent,
} from "../bridge/recording.ts";
import { ASYNC, COMPUTE } from "../bridge/layout.ts";
import { isRunning, runningSerial } from "../bridge/slot_state.ts";
import { TIMED, USED } from "../calls/call_slots.ts";
import type { Endpoint } from "../calls/endpoint.ts";

/** By how many milliseconds the clocks of two threads may differ. */
const CLOCK_SKEW_MS = 0.01;

/** Something that ran on a thread. */
export interface Slice {
  /** Whether it is a call, or a part of a parallel loop. */
  readonly kind: "call" | "loop";
  /** Index of the thread. */
  readonly thread: number;
  /** Number of the task; 0 if it is unknown. */
  readonly task: number;
  readonly startMs: number;
  readonly ms: number;
  /** Whether it threw. */
  readonly failed: boolean;
  /** Number of items of the call, or of leaves. */
  readonly items: number;
  /** Index of the thread that made the call. */
  readonly caller?: number;
  /** When that thread submitted it. */
  readonly submittedMs?: number;
  /** How long after that it had the outcome. */
  readonly latencyMs?: number;
  /** Whether it was still running when this was read. */
  readonly isUnfinished?: true;
}

/** What has ended, of the events of all threads; in no particular order. */
export function endedSlices(
  endpoint: Endpoint,
  events: readonly RecordedEvent[],
): Slice[] {
  const submitted = new Map<number, RecordedEvent[]>();
  for (const event of events) {
    if (event.kind !== EVENT_CALL) continue;
    const sameSlot = submitted.get(event.call);
    if (sameSlot === undefined) submitted.set(event.call, [event]);
    else sameSlot.push(event);
  }
  for (const sameSlot of submitted.values()) {
    sameSlot.sort((a, b) => a.startMs - b.startMs);
  }
  const lanes = endpoint.lanes.all();
  return events.filter(({ kind }) => kind !== EVENT_CALL).map((event) => {
    const { kind, thread, task, startMs, ms, failed, items } = event;
    const base = { thread, task, startMs, ms, failed, items };
    if (kind === EVENT_LEAVES) return { kind: "loop", ...base };
    const caller = lanes.findLast((lane) =>
      lane.firstCall <= event.call
    )!.owner;
    const call = callOf(event, submitted.get(event.call));
    if (call === undefined) return { kind: "call", ...base, caller };
    return {
      kind: "call",
      ...base,
      caller,
      submittedMs: call.startMs,
      latencyMs: call.ms,
    };
  });
}

/** The caller's view of a run, among the calls in its slot, oldest first. */
function callOf(
  { startMs, ms }: RecordedEvent,
  sameSlot: RecordedEvent[] | undefined,
): RecordedEvent | undefined {
  if (sameSlot === undefined) return undefined;
  // The last one that was submitted before.
  let [low, high] = [0, sameSlot.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sameSlot[middle].startMs <= startMs + CLOCK_SKEW_MS) low = middle + 1;
    else high = middle;
  }
  const call = sameSlot[low - 1];
  if (call === undefined) return undefined;
  const isOver = call.startMs + call.ms < startMs + ms - CLOCK_SKEW_MS;
  return isOver ? undefined : call;
}

/** The calls that workers run at this moment, as far as it is known since when. */
export function runningSlices(endpoint: Endpoint): Slice[] {
  const { control, metrics } = endpoint;
  const nowMs = metrics.now();
  const own = [endpoint.compute, endpoint.async];
  return [COMPUTE, ASYNC].flatMap((pool) =>
    endpoint.lanes.to(pool).flatMap((lane) => {
      const found: Slice[] = [];
      for (let slot = 0; slot < lane.capacity; slot++) {
        const meta = lane.meta(slot);
        const flags = lane.use[slot];
        if (!isRunning(meta) || (flags & (USED | TIMED)) !== (USED | TIMED)) {
          continue;
        }
        const serial = runningSerial(meta);
        const startMs = lane.times[slot * 2];
        if (startMs === 0 || !endpoint.isAlive(serial)) continue;
        const isOwn = lane.owner === endpoint.thread;
        found.push({
          kind: "call",
          thread: serial % control.threadCount,
          task: isOwn ? own[pool]?.inFlight.taskOf(slot) ?? 0 : 0,
          startMs,
          ms: Math.max(0, nowMs - startMs),
          failed: false,
          items: 1,
          caller: lane.owner,
          isUnfinished: true,
        });
      }
      return found;
    })
  );
}
