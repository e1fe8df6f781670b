/**
 * The slots of a lane, as its owner keeps track of them.
 *
 * @module
 */

import type { ShutdownError, WorkerLostError } from "../errors.ts";
import type { Lane } from "../bridge/lane.ts";
import { isRunning, runningSerial } from "../bridge/slot_state.ts";
import { CallSites } from "./call_sites.ts";
import type { CallTimes } from "./call_times.ts";
import type { Plan, Resolve } from "./plan.ts";

// Flags of a slot in Lane.use. Most calls in flight have only USED. A free slot may have
// HOLDS_MEMORY, if a submission threw before its push.
const FREE = 0;
/** The slot holds a call. */
export const USED = 1;
/** Shutdown does not wait for the slot's call. */
export const UNTRACKED = 2;
const HAS_SITE = 4;
const HOLDS_MEMORY = 8;
/** Its plan is told when the slot is free. */
const HAS_PLAN = 16;
/** The call is timed. */
export const TIMED = 32;

/** Slots that stay free: the last one of the queue, see {@linkcode CallSlots}. */
const SPARE_SLOTS = 1;

/** A call that is not settled, and for which shutdown waits. */
export interface CallInFlight {
  /** Number of its task. */
  readonly task: number;
  /** When it was made, by ThreadMetrics.now(); undefined if it is not timed. */
  readonly sinceMs: number | undefined;
  /** Stack lines of the place where it was made; empty if that is unknown. */
  readonly site: string;
}

/**
 * Which slots are free, and what belongs to the call of each other slot. Free slots are in a
 * queue, so they are used in turn and consecutive calls use adjacent memory.
 *
 * The slot that was drained last is always the last one of the queue, and no call takes it
 * before the next drain. Otherwise, if its call ran for a whole lap of tickets, a new call
 * in it could get the same stamp, and its completion would be missed.
 *
 * The caller takes a slot with plain writes to {@linkcode CallSlots.head} and the fields
 * after it: see Submissions.#push().
 */
export class CallSlots {
  /** Position of the front of the queue; taking a slot adds 1. */
  head = 0;
  /** Number of free slots; taking a slot subtracts 1. */
  freeCount = 0;
  /** Flags of each slot. They are in shared memory, so that a replacement can read them. */
  readonly use: Uint8Array;
  /** Number of the task of each slot's call. */
  readonly tasks: Int32Array;
  /** Number of calls in slots for which shutdown does not wait. */
  untrackedCount = 0;
  /** Settles each slot's promise; undefined for a free slot or a call without a promise. */
  readonly resolvers: (Resolve | undefined)[];
  /** Times calls. */
  readonly times: CallTimes;
  /** Bits that are 0 in a slot whose calls are timed. */
  sampleMask = 0;
  /** By task: 1 while all its calls are timed. */
  readonly timesAll: Uint8Array;
  readonly #lane: Lane;
  readonly #isAlive: (serial: number) => boolean;
  readonly #queue: Int32Array;
  readonly #mask: number;
  readonly #sites: CallSites;
  readonly #held = new Map<number, SharedArrayBuffer[]>();
  readonly #plans: (Plan | undefined)[] = [];

  /**
   * Continues with a lane that is new, or whose previous owner has ended.
   *
   * @param isAlive Whether the worker with a serial number has not ended.
   */
  constructor(
    lane: Lane,
    isAlive: (serial: number) => boolean,
    times: CallTimes,
  ) {
    const { capacity } = lane;
    this.#lane = lane;
    this.#isAlive = isAlive;
    this.times = times;
    // After the sampling, which watches as well.
    times.recorder.watch(() => this.sampleMask = times.sampling.mask);
    this.timesAll = times.sampling.all;
    this.use = lane.use;
    this.tasks = new Int32Array(capacity);
    this.resolvers = new Array<Resolve | undefined>(capacity).fill(undefined);
    this.#queue = new Int32Array(capacity);
    this.#mask = capacity - 1;
    this.#sites = new CallSites(capacity);
    this.#resume();
  }

  /** The calls for which shutdown waits. */
  trackedCalls(): CallInFlight[] {
    return [...this.tasks].flatMap((task, slot) => {
      const use = this.use[slot];
      if ((use & (USED | UNTRACKED)) !== USED) return [];
      if (this.resolvers[slot] === undefined) return [];
      const isTimed = (use & TIMED) !== 0;
      const sinceMs = isTimed ? this.times.beginOf(slot) : undefined;
      return [{ task, sinceMs, site: this.#sites.linesOf(slot) }];
    });
  }

  /** Whether no slot holds a call. */
  get isEmpty(): boolean {
    return this.freeCount === this.resolvers.length;
  }

  /** Whether a call may take the slot at the front. */
  get canTake(): boolean {
    return this.freeCount > SPARE_SLOTS;
  }

  /** The slot at the front; the queue must not be empty. */
  next(): number {
    return this.#queue[this.head & this.#mask];
  }

  /** Keeps buffers until the slot's call is settled, in addition to those it holds already. */
  hold(slot: number, held: SharedArrayBuffer[] | null): void {
    if (held === null) return;
    // Before the push, the slot is free: what it may hold is of a submission that threw.
    const others = this.#isFree(slot) ? undefined : this.#held.get(slot);
    this.#held.set(slot, others === undefined ? held : [...others, ...held]);
    this.use[slot] |= HOLDS_MEMORY;
  }

  /** Whether it keeps this buffer for a call. */
  holds(buffer: SharedArrayBuffer): boolean {
    return this.#held.values().some((held) => held.includes(buffer));
  }

  /** Tells the plan of the slot's call when the slot is free. */
  attach(slot: number, plan: Plan): void {
    this.#plans[slot] = plan;
    this.use[slot] |= HAS_PLAN;
  }

  /** Drops the outcome of the slot's call, whose promise is settled. */
  abandon(slot: number): void {
    this.resolvers[slot] = undefined;
  }

  /** Drops the outcomes of all calls: their promises never settle. */
  abandonAll(): void {
    this.resolvers.fill(undefined);
  }

  /** Captures the site of the call that is being made, if that is worth its cost. */
  noteSite(
    slot: number,
    task: number,
    wakes: boolean,
    isDeep: boolean,
  ): void {
    if (this.#sites.note(slot, task, wakes, isDeep)) this.use[slot] |= HAS_SITE;
  }

  /** Stack lines of the site of the slot's failed call. */
  framesOf(slot: number, task: number): string {
    return this.#sites.framesOf(slot, task);
  }

  /** Frees the slot of a drained call and appends it to the queue. */
  release(slot: number): void {
    this.#free(slot, this.head + this.freeCount);
  }

  /**
   * Rejects the calls that ran on workers which have ended, and returns their number.
   *
   * @param onLost Called with the slot of each.
   */
  rejectLost(
    reason: (serial: number) => WorkerLostError,
    onLost: (slot: number) => void,
  ): number {
    const lane = this.#lane;
    let count = 0;
    for (let slot = 0; slot < lane.capacity; slot++) {
      if (this.#isFree(slot) || !this.#isLost(slot)) continue;
      const serial = runningSerial(lane.meta(slot));
      const resolve = this.resolvers[slot];
      // Otherwise the slot's next call would count as lost until a worker takes it.
      lane.clear(slot);
      onLost(slot);
      // At the front, for it was not drained: the slot drained last stays the last one.
      this.head = (this.head - 1) | 0;
      this.#free(slot, this.head);
      // A call of a previous owner has no promise.
      if (resolve !== undefined) resolve(rejection(reason(serial)));
      count++;
    }
    return count;
  }

  /** Rejects all calls in slots. All workers have ended. */
  rejectAll(reason: () => ShutdownError): void {
    for (let slot = 0; slot < this.#lane.capacity; slot++) {
      if (this.#isFree(slot)) continue;
      const resolve = this.resolvers[slot];
      this.release(slot);
      if (resolve !== undefined) resolve(rejection(reason()));
    }
  }

  #resume(): void {
    const lane = this.#lane;
    const last = lane.completions.seenSlot;
    for (let i = 1; i <= lane.capacity; i++) {
      const slot = (last + i) & this.#mask;
      // A call that the previous owner, or another ended worker, ran will never complete.
      const isLost = this.#isLost(slot);
      if (isLost) lane.clear(slot);
      const isFree = isLost || this.#isFree(slot);
      this.use[slot] = isFree ? FREE : USED;
      if (isFree) this.release(slot);
    }
  }

  #isFree(slot: number): boolean {
    return (this.use[slot] & USED) === 0;
  }

  /** Whether the slot's META is that of a call whose worker has ended. */
  #isLost(slot: number): boolean {
    const meta = this.#lane.meta(slot);
    return isRunning(meta) && !this.#isAlive(runningSerial(meta));
  }

  /** Frees a slot, which gets this position of the queue: in front of all or behind all. */
  #free(slot: number, position: number): void {
    const { use, resolvers } = this;
    const used = use[slot];
    use[slot] = FREE;
    resolvers[slot] = undefined;
    this.#queue[position & this.#mask] = slot;
    this.freeCount++;
    if (used !== USED) this.#releaseRest(slot, used);
  }

  /** Releases what few calls have. */
  #releaseRest(slot: number, use: number): void {
    if (use & TIMED) this.times.end(slot, this.tasks[slot]);
    if (use & UNTRACKED) this.untrackedCount--;
    if (use & HAS_SITE) this.#sites.release(slot);
    if (use & HOLDS_MEMORY) this.#held.delete(slot);
    if (use & HAS_PLAN) {
      const plan = this.#plans[slot]!;
      this.#plans[slot] = undefined;
      plan.freed?.();
    }
  }
}

/** A rejected promise, to resolve a call's promise with; `reject` need not be kept. */
export function rejection(error: unknown): Promise<never> {
  return Promise.reject(error);
}
