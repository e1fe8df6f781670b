/**
 * The calling end of a lane.
 *
 * @module
 */

import type { ShutdownError, WorkerLostError } from "../errors.ts";
import { addFrames } from "./call_sites.ts";
import { FreeSlots } from "./free_slots.ts";
import type { IdleSet } from "../bridge/idle_set.ts";
import { NO_BLOCK } from "../bridge/arena.ts";
import type { Lane } from "../bridge/lane.ts";
import { KIND_NONE, KIND_NUMBER, NO_ROOM, type Payloads } from "./payloads.ts";
import type { KeptPayload } from "./payloads.ts";
import { SentBuffers } from "./message_buffers.ts";
import type { Progress } from "./progress.ts";
import type { SharedBuffers } from "./shared_buffers.ts";
import { type WaitingCall, WaitingCalls } from "./waiting_calls.ts";
import { SlotNotes, UNTRACKED, USED } from "./slot_notes.ts";
import {
  doneBy,
  hasReturned,
  isFailure,
  isRunning,
  KIND_MASK,
  runningSerial,
  submitted,
} from "../bridge/slot_state.ts";

/**
 * Slots that are never used. Without a spare one, the slot at which the chain was last read
 * could be used again at once, a whole lap of tickets later, and be taken for that place.
 */
const SPARE_SLOTS = 1;

type Resolve = (value: unknown) => void;

/** What a caller needs of the thread that it lives on. */
export interface CallerHost {
  /** Whether completions get drained. */
  readonly progress: Progress;
  /** A submission ran out of stack: the next drain or submission has to finish it. */
  isInterrupted: boolean;
  /** Finishes it. */
  recover(): void;
  /** Reads and writes payloads. */
  readonly payloads: Payloads;
  /** Sends SharedArrayBuffers. */
  readonly sharedBuffers: SharedBuffers;
  /**
   * Makes sure that completions get drained: called before submissions of a worker that is
   * asleep, and after them unless the thread is active.
   */
  pump(): void;
  /** Whether the worker with this serial number has not ended. */
  isAlive(serial: number): boolean;
}

/** Submits calls over one lane and settles their promises. Only the lane's owner has one. */
export class Caller {
  readonly #lane: Lane;
  readonly #idle: IdleSet;
  readonly #host: CallerHost;
  readonly #targets: readonly number[];
  readonly #announce: () => void;
  readonly #notes: SlotNotes;
  readonly #free: FreeSlots;
  readonly #resolvers: (Resolve | undefined)[];
  readonly #tasks: Int32Array;
  readonly #order: Int32Array;
  readonly #waiting = new WaitingCalls();
  #isAnnounced = false;
  // One function for all promises: no closure per call.
  #newResolve: Resolve = ignore;
  readonly #executor = (resolve: Resolve): void => {
    this.#newResolve = resolve;
  };

  /**
   * @param idle The sleeping workers of the pool that the lane leads to.
   * @param targets Thread indices of those workers.
   * @param announce Tells the workers, once, that this lane is in use.
   */
  constructor(
    lane: Lane,
    idle: IdleSet,
    targets: readonly number[],
    host: CallerHost,
    announce: () => void,
  ) {
    const capacity = lane.capacity;
    this.#lane = lane;
    this.#idle = idle;
    this.#targets = targets;
    this.#host = host;
    this.#announce = announce;
    this.#notes = new SlotNotes(lane.use);
    this.#free = new FreeSlots(capacity);
    this.#resume();
    this.#resolvers = new Array<Resolve | undefined>(capacity).fill(undefined);
    this.#tasks = new Int32Array(capacity);
    this.#order = new Int32Array(capacity);
  }

  /** Calls that hold a slot. */
  get activeCount(): number {
    return this.#lane.capacity - this.#free.count;
  }

  /** Calls that wait for a slot. */
  get waitingCount(): number {
    return this.#waiting.count;
  }

  /** Tracked calls that are not settled. */
  get trackedCount(): number {
    return this.activeCount - this.#notes.untrackedCount +
      this.#waiting.trackedCount;
  }

  /** Whether {@linkcode Caller.drain} would settle a call. */
  get hasCompletions(): boolean {
    return this.#lane.completions.hasNews();
  }

  /** Whether the lane may bring news: something is in flight. */
  get busy(): boolean {
    return this.#free.count !== this.#lane.capacity ||
      this.#waiting.count !== 0;
  }

  /** Whether `count` more calls would leave at least half of the slots free. */
  hasRoomFor(count: number): boolean {
    return this.#waiting.count === 0 &&
      this.#free.count - count > this.#lane.capacity >> 1;
  }

  /** Submits a call with one number as its only argument. */
  submitNumber(
    task: number,
    number: number,
    tracked: boolean,
  ): Promise<unknown> {
    return this.#submitSmall(task, KIND_NUMBER, number, tracked);
  }

  /**
   * Submits a call. Throws when the arguments cannot be serialised; everything later
   * settles the promise.
   */
  submit(
    task: number,
    args: readonly unknown[],
    tracked: boolean,
  ): Promise<unknown> {
    if (args.length === 0) {
      return this.#submitSmall(task, KIND_NONE, 0, tracked);
    }
    if (args.length === 1 && typeof args[0] === "number") {
      return this.submitNumber(task, args[0], tracked);
    }
    return this.#submitBytes(task, args, tracked);
  }

  #submitSmall(
    task: number,
    kind: number,
    number: number,
    tracked: boolean,
  ): Promise<unknown> {
    if (this.#free.count <= SPARE_SLOTS || this.#waiting.count !== 0) {
      return this.#wait(task, { kind, number, bytes: null }, tracked, null);
    }
    const slot = this.#free.next();
    this.#lane.setNumber(this.#lane.nextValue, number);
    return this.#start(slot, task, kind, tracked);
  }

  #submitBytes(
    task: number,
    args: readonly unknown[],
    tracked: boolean,
  ): Promise<unknown> {
    const { payloads, sharedBuffers } = this.#host;
    const lane = this.#lane;
    const sent = new SentBuffers(sharedBuffers, this.#targets);
    // Runs getters, which may submit calls of their own: take a slot only afterwards.
    const message = payloads.encodeArguments(args, sent);
    if (this.#free.count <= SPARE_SLOTS || this.#waiting.count !== 0) {
      return this.#wait(task, payloads.keep(message), tracked, sent.held);
    }
    const slot = this.#free.next();
    const kind = payloads.tryPlaceArguments(message, lane, slot);
    if (kind === NO_ROOM) {
      return this.#wait(task, payloads.keep(message), tracked, sent.held);
    }
    this.#notes.hold(slot, sent.held);
    return this.#start(slot, task, kind, tracked);
  }

  /** Hands a prepared slot to the workers and returns the promise of its call. */
  #start(
    slot: number,
    task: number,
    kind: number,
    tracked: boolean,
  ): Promise<unknown> {
    const host = this.#host;
    this.#push(slot, task, kind, tracked);
    this.#wakeWorker(slot, task);
    // Only now: a worker may be at it already. Nothing is settled before the next drain.
    const promise = new Promise(this.#executor);
    this.#resolvers[slot] = this.#newResolve;
    if (!host.progress.isActive) host.pump();
    host.isInterrupted = false;
    return promise;
  }

  /**
   * FREE => SUBMITTED. Near the end of the stack any call can throw. So nothing has changed
   * when the push throws, and nothing that has to follow it is a call; the rest of the
   * submission may fail, and the next drain makes up for it: see {@linkcode Caller.recover}.
   */
  #push(slot: number, task: number, kind: number, tracked: boolean): void {
    const host = this.#host;
    const free = this.#free;
    if (host.isInterrupted) host.recover();
    if (host.progress.isAsleep) host.pump();
    if (!this.#isAnnounced) this.#announceLane();
    this.#lane.ring.push(slot, submitted(task, kind));
    host.isInterrupted = true;
    free.head = (free.head + 1) | 0;
    free.count--;
    this.#lane.arena.unpublished = NO_BLOCK;
    this.#tasks[slot] = task;
    if (tracked) this.#lane.use[slot] |= USED;
    else {
      this.#lane.use[slot] |= USED | UNTRACKED;
      this.#notes.untrackedCount++;
    }
  }

  #wakeWorker(slot: number, task: number): void {
    const wakes = this.#idle.needsWake();
    if (wakes) this.#idle.wakeOne();
    this.#notes.noteSite(slot, task, wakes);
  }

  #announceLane(): void {
    this.#announce();
    this.#isAnnounced = true;
  }

  /** Does what a submission that ran out of stack has left undone. */
  recover(): void {
    this.#idle.finishWake();
    if (this.#lane.ring.hasWork() && this.#idle.needsWake()) {
      this.#idle.wakeOne();
    }
  }

  /** Settles what was completed, oldest first, and returns how many calls that were. */
  drain(): number {
    const lane = this.#lane;
    const order = this.#order;
    const count = lane.completions.drainInto(order);
    for (let i = count - 1; i >= 0; i--) {
      const slot = order[i];
      const meta = lane.meta(slot);
      const resolve = this.#resolvers[slot];
      if (resolve === undefined) {
        // A call of the owner before, which has ended: nobody waits for it.
        this.#host.payloads.discardResult(
          lane,
          slot,
          meta & KIND_MASK,
          doneBy(meta),
        );
        this.#release(slot);
      } else if (hasReturned(meta, KIND_NUMBER)) {
        const value = lane.number(lane.resultValue(slot));
        this.#release(slot);
        resolve(value);
      } else {
        this.#settle(slot, meta, resolve);
      }
    }
    if (this.#waiting.count !== 0) this.#startWaiting();
    return count;
  }

  /** Asks the next completion to unpark this thread; false when one has come already. */
  tryArm(): boolean {
    return !this.busy || this.#lane.completions.tryArm();
  }

  /** Takes {@linkcode Caller.tryArm} back. */
  disarm(): void {
    this.#lane.completions.disarm();
  }

  /** Rejects the calls that were running on a worker which has ended; returns how many. */
  rejectLost(reason: (serial: number) => WorkerLostError): number {
    let count = 0;
    for (let slot = 0; slot < this.#lane.capacity; slot++) {
      if (this.#notes.isFree(slot)) continue;
      const meta = this.#lane.meta(slot);
      if (!isRunning(meta)) continue;
      const serial = runningSerial(meta);
      if (this.#host.isAlive(serial)) continue;
      const resolve = this.#resolvers[slot];
      // The slot's next call must not be taken for this one while it waits for a worker.
      this.#lane.clear(slot);
      this.#release(slot);
      // Nobody waits for a call of the owner before.
      if (resolve !== undefined) resolve(rejection(reason(serial)));
      count++;
    }
    if (this.#waiting.count !== 0) this.#startWaiting();
    return count;
  }

  /** Rejects everything that is not settled; the workers are gone. */
  rejectAll(reason: () => ShutdownError): void {
    for (let slot = 0; slot < this.#lane.capacity; slot++) {
      const resolve = this.#resolvers[slot];
      if (resolve === undefined) continue;
      this.#release(slot);
      resolve(rejection(reason()));
    }
    while (this.#waiting.count !== 0) {
      this.#waiting.take().resolve(rejection(reason()));
    }
  }

  /** Takes the call that has waited longest; whoever takes it runs it and settles it. */
  takeWaiting(): WaitingCall {
    return this.#waiting.take();
  }

  #settle(slot: number, meta: number, resolve: Resolve): void {
    const task = this.#tasks[slot];
    let outcome: unknown;
    try {
      const { payloads } = this.#host;
      const [kind, from] = [meta & KIND_MASK, doneBy(meta)];
      outcome = payloads.readResult(this.#lane, slot, kind, from);
      if (isFailure(meta)) {
        addFrames(outcome, this.#notes.framesOf(slot, task));
        outcome = rejection(outcome);
      }
    } catch (error) {
      outcome = rejection(error);
    }
    this.#release(slot);
    resolve(outcome);
  }

  /** Takes over the lane, new or from an owner that has ended. */
  #resume(): void {
    const lane = this.#lane;
    lane.ring.resume();
    lane.completions.resume();
    lane.arena.resume();
    for (let slot = 0; slot < lane.capacity; slot++) {
      const meta = lane.meta(slot);
      // What the worker that ended was running itself will never be completed.
      const isOver = isRunning(meta) &&
        !this.#host.isAlive(runningSerial(meta));
      if (isOver) lane.clear(slot);
      this.#notes.resume(slot, isOver);
      if (this.#notes.isFree(slot)) this.#free.put(slot);
    }
  }

  /** The slot's call is over; another one may have the slot. */
  #release(slot: number): void {
    this.#notes.release(slot);
    this.#resolvers[slot] = undefined;
    this.#free.put(slot);
  }

  #wait(
    task: number,
    payload: KeptPayload,
    tracked: boolean,
    held: SharedArrayBuffer[] | null,
  ): Promise<unknown> {
    const promise = new Promise(this.#executor);
    const resolve = this.#newResolve;
    // First: near the end of the stack a call that waits must not be left alone.
    if (!this.#host.progress.isActive) this.#host.pump();
    this.#waiting.push({ task, payload, tracked, held, resolve });
    return promise;
  }

  /** Gives slots to waiting calls, in the order in which they came. */
  #startWaiting(): void {
    while (this.#waiting.count !== 0 && this.#free.count > SPARE_SLOTS) {
      const call = this.#waiting.first();
      const slot = this.#free.next();
      let kind: number;
      try {
        kind = this.#host.payloads.tryPlaceKept(call.payload, this.#lane, slot);
      } catch (error) {
        // Out of memory.
        this.#waiting.take().resolve(rejection(error));
        continue;
      }
      if (kind === NO_ROOM) return;
      this.#notes.hold(slot, call.held);
      this.#waiting.take();
      this.#push(slot, call.task, kind, call.tracked);
      this.#resolvers[slot] = call.resolve;
      this.#wakeWorker(slot, call.task);
      this.#host.isInterrupted = false;
    }
  }
}

function ignore(): void {}

/** A rejected promise to resolve another one with: saves keeping each call's reject. */
function rejection(error: unknown): Promise<never> {
  return Promise.reject(error);
}
