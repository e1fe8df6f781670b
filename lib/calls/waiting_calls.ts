/**
 * Calls that wait for a slot or a block.
 *
 * @module
 */

import type { CallInFlight } from "./call_slots.ts";
import type { Moment, WaitingClock } from "./call_times.ts";
import type { KeptPayload } from "../payloads/payload_kinds.ts";
import { ANY_WORKER, type Plan, type Priority } from "./plan.ts";

/** A call that waits for a slot or a block. */
export interface WaitingCall {
  /** Number of its task. */
  readonly task: number;
  /** Its arguments. */
  readonly payload: KeptPayload;
  /** Whether shutdown waits for it. */
  readonly tracked: boolean;
  /** Buffers to keep until the call is settled. */
  readonly held: SharedArrayBuffer[] | null;
  /** When it began to wait. */
  readonly since: Moment;
  /** Resolves its promise. */
  readonly resolve: (value: unknown) => void;
  /** How it is made, unless it is a plain call. */
  readonly plan?: Plan;
  /** The objects that it moves, which are detached for the caller already. */
  readonly moved?: object[] | undefined;
}

/** One turn in this many goes to the next queue that has calls, whatever its priority. */
const TURNS_OF_PRIORITY = 16;

/**
 * The waiting calls of a lane: a first-in, first-out queue for each priority. The call that is
 * first stays first until it is taken, so that one with a large payload gets its block.
 */
export class WaitingCalls {
  /** The time for {@linkcode WaitingCall.since}. */
  readonly clock: WaitingClock;
  readonly #queues = [new Queue(), new Queue(), new Queue()];
  #first: Queue | undefined;
  #turn = 0;
  /** Number of waiting calls. */
  count = 0;

  constructor(clock: WaitingClock) {
    this.clock = clock;
  }

  /** Number of waiting calls for which shutdown waits. */
  get trackedCount(): number {
    return this.#queues.reduce(
      (sum, { trackedCount }) => sum + trackedCount,
      0,
    );
  }

  /** The calls for which shutdown waits. */
  trackedCalls(): CallInFlight[] {
    return this.#queues.flatMap((queue) => queue.trackedCalls());
  }

  /** Whether a waiting call keeps this buffer. */
  holds(buffer: SharedArrayBuffer): boolean {
    return this.#queues.some((queue) => queue.holds(buffer));
  }

  /** Appends a call to the queue of its priority. */
  push(call: WaitingCall): void {
    this.#queueOf(call).push(call);
    this.count++;
  }

  /** The call whose turn it is; there must be one. */
  first(): WaitingCall {
    this.#first ??= this.#choose();
    return this.#first.first();
  }

  /** Takes the call whose turn it is; there must be one. */
  take(): WaitingCall {
    this.#first ??= this.#choose();
    const call = this.#first.take();
    this.#first = undefined;
    this.count--;
    return call;
  }

  /** Takes a call that this worker may run instead of sending it; undefined if there is none. */
  takeFor(thread: number): WaitingCall | undefined {
    if (this.count === 0) return undefined;
    if (mayRunOn(thread, this.first())) return this.take();
    for (const queue of this.#queues) {
      const call = queue.find((call) => mayRunOn(thread, call));
      if (call === undefined) continue;
      this.remove(call);
      return call;
    }
    return undefined;
  }

  /** Removes a call; false if it does not wait any more. */
  remove(call: WaitingCall): boolean {
    const queue = this.#queueOf(call);
    if (!queue.remove(call)) return false;
    this.count--;
    if (queue.count === 0 && this.#first === queue) this.#first = undefined;
    return true;
  }

  #queueOf({ plan }: WaitingCall): Queue {
    return this.#queues[INDEX[plan?.priority ?? "normal"]];
  }

  #choose(): Queue {
    const queues = this.#queues;
    this.#turn = (this.#turn + 1) % (TURNS_OF_PRIORITY * queues.length);
    const from = this.#turn % TURNS_OF_PRIORITY === 0
      ? this.#turn / TURNS_OF_PRIORITY
      : 0;
    for (let i = 0; i < queues.length; i++) {
      const queue = queues[(from + i) % queues.length];
      if (queue.count !== 0) return queue;
    }
    throw new RangeError("Cannot take a waiting call: there is none");
  }
}

/** Whether the worker with this thread index may run a call that it made itself. */
function mayRunOn(thread: number, { plan }: WaitingCall): boolean {
  if (plan === undefined) return true;
  const { worker, mayMove } = plan.place;
  return worker === ANY_WORKER || worker === thread || mayMove === true;
}

const INDEX: Readonly<Record<Priority, number>> = {
  high: 0,
  normal: 1,
  low: 2,
};

/** A first-in, first-out queue of calls. */
class Queue {
  readonly #calls: (WaitingCall | undefined)[] = [];
  #head = 0;
  /** Number of calls in the queue. */
  count = 0;
  /** Number of those for which shutdown waits. */
  trackedCount = 0;

  holds(buffer: SharedArrayBuffer): boolean {
    return this.#calls.slice(this.#head).some((call) =>
      call?.held?.includes(buffer)
    );
  }

  trackedCalls(): CallInFlight[] {
    return this.#calls.slice(this.#head).flatMap((call) =>
      call?.tracked
        ? [{ task: call.task, sinceMs: call.since.ms, site: "" }]
        : []
    );
  }

  push(call: WaitingCall): void {
    this.#calls.push(call);
    this.#count(call, 1);
  }

  first(): WaitingCall {
    while (this.#calls[this.#head] === undefined) this.#head++;
    return this.#calls[this.#head]!;
  }

  find(fits: (call: WaitingCall) => boolean): WaitingCall | undefined {
    for (let i = this.#head; i < this.#calls.length; i++) {
      const call = this.#calls[i];
      if (call !== undefined && fits(call)) return call;
    }
    return undefined;
  }

  take(): WaitingCall {
    const call = this.first();
    this.#calls[this.#head++] = undefined;
    this.#count(call, -1);
    // Not on each take, so that the cost per call stays constant.
    if (this.#head * 2 > this.#calls.length) {
      this.#calls.splice(0, this.#head);
      this.#head = 0;
    }
    return call;
  }

  remove(call: WaitingCall): boolean {
    const index = this.#calls.indexOf(call, this.#head);
    if (index < 0) return false;
    // The place stays, so that removing a call does not move all others.
    this.#calls[index] = undefined;
    this.#count(call, -1);
    if (this.count === 0) {
      this.#calls.length = 0;
      this.#head = 0;
    }
    return true;
  }

  #count({ tracked }: WaitingCall, change: 1 | -1): void {
    this.count += change;
    if (tracked) this.trackedCount += change;
  }
}
