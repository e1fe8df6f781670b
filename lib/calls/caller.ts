/**
 * The caller's side of a lane.
 *
 * @module
 */

import type { ShutdownError, WorkerLostError } from "../errors.ts";
import type { CallerHost } from "./caller_host.ts";
import { CallsInFlight } from "./calls_in_flight.ts";
import { CallSlots, rejection } from "./call_slots.ts";
import { CallTimes, WaitingClock } from "./call_times.ts";
import { Controls } from "./controls.ts";
import type { IdleSet } from "../bridge/idle_set.ts";
import type { EncodedMessage } from "../codec/encoder.ts";
import type { ItemsMode } from "./items.ts";
import type { Lane } from "../bridge/lane.ts";
import { COUNT_LOST, COUNT_SETTLED } from "../bridge/metrics.ts";
import {
  type KeptPayload,
  KIND_BYTES,
  KIND_NONE,
  KIND_NUMBER,
  KIND_WITH_BYTES,
  kindOfConstant,
  kindOfMessage,
  NOT_SMALL,
} from "../payloads/payload_kinds.ts";
import { keepMessage } from "../payloads/kept_message.ts";
import { movesAny, SentParts } from "../payloads/message_buffers.ts";
import { noteSent } from "./diagnostics.ts";
import { outcomeOf } from "./outcome.ts";
import { OwnedRings } from "./owned_rings.ts";
import { plainPlan, type Plan, type Resolve } from "./plan.ts";
import { PlannedCalls } from "./planned_calls.ts";
import { QueuedCalls } from "./queued_calls.ts";
import { Submissions } from "./submissions.ts";
import { type WaitingCall, WaitingCalls } from "./waiting_calls.ts";
import { WorkerChoice } from "./worker_choice.ts";
import { doneBy, hasReturned, KIND_MASK } from "../bridge/slot_state.ts";

/** Submits calls through one lane and settles their promises. Only the owner has one. */
export class Caller {
  /** Cancels controlled calls. */
  readonly controls: Controls;
  readonly #lane: Lane;
  readonly #host: CallerHost;
  /** Thread indices of the workers of the pool. */
  readonly targets: readonly number[];
  readonly #slots: CallSlots;
  readonly #submissions: Submissions;
  readonly #planned: PlannedCalls;
  readonly #order: Int32Array;
  readonly #waiting: WaitingCalls;
  readonly #counts: Float64Array;
  /** The calls that no worker has begun. */
  readonly queue: QueuedCalls;
  /** The calls that are not settled. */
  readonly inFlight: CallsInFlight;

  /**
   * @param idle The idle set of the pool that serves the lane.
   * @param targets Thread indices of the workers of that pool.
   * @param ringsInUse The kinds of rings that a previous owner has used.
   * @param announce Announces to the workers that rings of these kinds are in use.
   */
  constructor(
    lane: Lane,
    idle: IdleSet,
    targets: readonly number[],
    host: CallerHost,
    ringsInUse: number,
    announce: (rings: number) => void,
  ) {
    this.#lane = lane;
    this.targets = targets;
    this.#host = host;
    const rings = new OwnedRings(lane, targets.length, ringsInUse, announce);
    lane.completions.resume();
    lane.arena.resume();
    this.#counts = host.metrics.counts;
    this.#waiting = new WaitingCalls(new WaitingClock(host.metrics));
    const times = new CallTimes(lane, host.metrics, host.recorder);
    const slots = new CallSlots(lane, (serial) => host.isAlive(serial), times);
    this.#slots = slots;
    this.inFlight = new CallsInFlight(lane.capacity, slots, this.#waiting);
    this.controls = new Controls(lane, slots, this.#waiting, host);
    this.#submissions = new Submissions(lane, idle, slots, host, rings);
    this.#planned = new PlannedCalls(lane, host, {
      slots,
      rings,
      submissions: this.#submissions,
      waiting: this.#waiting,
      choice: new WorkerChoice(
        idle,
        rings,
        targets,
        host.thread,
        (thread) => host.moved.reaches(thread),
      ),
    });
    this.#order = new Int32Array(lane.capacity);
    this.queue = new QueuedCalls(rings, this.#waiting, slots, idle);
  }

  /** Whether {@linkcode Caller.drain} would settle a call. */
  get hasCompletions(): boolean {
    return this.#lane.completions.hasNews();
  }

  /** Whether a call is in flight or waits. */
  get busy(): boolean {
    return !this.#slots.isEmpty || this.#waiting.count !== 0;
  }

  /** Whether `count` more calls would leave at least half of the slots free. */
  hasRoomFor(count: number): boolean {
    return this.#waiting.count === 0 &&
      this.#slots.freeCount - count > this.#lane.capacity >> 1;
  }

  /** Like {@linkcode Caller.submit} for a call whose only argument is a number. */
  submitNumber(
    task: number,
    number: number,
    tracked: boolean,
  ): Promise<unknown> {
    return this.#submitSmall(task, KIND_NUMBER, number, tracked);
  }

  /**
   * Submits a call.
   *
   * @param task Number of the task.
   * @param tracked Whether shutdown waits for the call.
   * @returns A promise for the result. Failures after serialisation reject it.
   * @throws A DataCloneError or PayloadTooLargeError, or what a getter of an argument throws.
   */
  submit(
    task: number,
    args: readonly unknown[],
    tracked: boolean,
  ): Promise<unknown> {
    if (args.length === 0) {
      return this.#submitSmall(task, KIND_NONE, 0, tracked);
    }
    if (args.length === 1) {
      const promise = this.#trySubmitOne(task, args[0], tracked);
      if (promise !== undefined) return promise;
    }
    return this.#submitBytes(task, args, tracked);
  }

  /**
   * Submits a call that is not a plain one.
   *
   * @returns The call if it waits for a slot or a block.
   * @throws What {@linkcode Caller.submit} throws.
   */
  submitPlanned(
    task: number,
    args: readonly unknown[],
    plan: Plan,
  ): WaitingCall | undefined {
    return this.#planned.submit(task, args, this.targets, plan);
  }

  #submitSmall(
    task: number,
    kind: number,
    number: number,
    tracked: boolean,
  ): Promise<unknown> {
    if (this.#mustWait) {
      return this.#wait(task, { kind, number, bytes: null }, tracked, null);
    }
    const slot = this.#slots.next();
    this.#lane.setNumber(this.#lane.nextValue(slot), number);
    return this.#submissions.start(slot, task, kind, tracked);
  }

  /** Submits a call with one argument; undefined if that must be serialised. */
  #trySubmitOne(
    task: number,
    argument: unknown,
    tracked: boolean,
  ): Promise<unknown> | undefined {
    if (typeof argument === "number") {
      return this.submitNumber(task, argument, tracked);
    }
    const { payloads } = this.#host;
    // This may run a getter, which may submit calls, so the slot is taken afterwards.
    const length = payloads.rawLength(argument);
    const kind = kindOfConstant(argument);
    if (kind !== NOT_SMALL) {
      return this.#submitSmall(task, kind, 0, tracked);
    }
    if (length === 0) return undefined;
    const bytes = argument as Uint8Array;
    const call = this.#tryStartBytes(task, KIND_BYTES, bytes, length, tracked);
    if (call !== undefined) noteSent(this.#host, task, bytes, length);
    return call;
  }

  /**
   * Submits a call for several items, of a task that may be called so; see items.ts.
   *
   * @param mode How to run them, if not as usual.
   * @returns False, with nothing done, if the call would have to wait.
   * @throws What {@linkcode Caller.submit} throws, for any of the items.
   */
  trySubmitItems(
    task: number,
    items: readonly unknown[],
    mode: ItemsMode | undefined,
    plan: Plan,
  ): boolean {
    const { targets } = this;
    return this.#planned.trySubmitItems(task, items, mode, targets, plan);
  }

  /** Whether a call must wait, because earlier ones wait or no slot is free. */
  get #mustWait(): boolean {
    return !this.#slots.canTake || this.#waiting.count !== 0;
  }

  #submitBytes(
    task: number,
    args: readonly unknown[],
    tracked: boolean,
  ): Promise<unknown> {
    const { payloads, sharedBuffers } = this.#host;
    const sent = new SentParts(sharedBuffers, this.targets);
    // This runs getters, which may submit calls, so the slot is taken afterwards.
    const message = payloads.encodeArguments(args, sent);
    noteSent(this.#host, task, args, message.byteLength);
    const { held } = sent;
    const kind = kindOfMessage(args);
    if (movesAny(sent)) {
      const promise = this.#submissions.newPromise();
      const settle = this.#submissions.takeResolve();
      const plan = plainPlan(tracked, settle);
      this.#planned.submitMoving(task, kind, message, sent, plan);
      return promise;
    }
    return this.#tryStart(task, kind, message, held, tracked) ??
      this.#wait(task, keepMessage(message, kind), tracked, held);
  }

  /** Submits a call with a serialised payload; undefined if it must wait. */
  #tryStart(
    task: number,
    kind: number,
    message: EncodedMessage,
    held: SharedArrayBuffer[] | null,
    tracked: boolean,
  ): Promise<unknown> | undefined {
    if (this.#mustWait) return undefined;
    const slot = this.#slots.next();
    const { payloads } = this.#host;
    if (!payloads.tryPlaceArguments(message, this.#lane, slot)) {
      return undefined;
    }
    this.#slots.hold(slot, held);
    return this.#submissions.start(slot, task, kind, tracked);
  }

  /** The same with bytes. */
  #tryStartBytes(
    task: number,
    kind: number,
    bytes: Uint8Array,
    length: number,
    tracked: boolean,
  ): Promise<unknown> | undefined {
    if (this.#mustWait) return undefined;
    const slot = this.#slots.next();
    const { payloads } = this.#host;
    const placed = payloads.tryPlaceBytes(bytes, length, this.#lane, slot);
    if (placed === NOT_SMALL) return undefined;
    return this.#submissions.start(slot, task, kind, tracked);
  }

  /** Another thread owns the lane from now on: this one uses no memory of it any more. */
  close(): void {
    this.#slots.freeCount = 0;
  }

  /** Finishes a submission that threw after its push because no stack was left. */
  recover(): void {
    this.#submissions.recover();
  }

  /** Settles all completed calls, oldest first, and returns their number. */
  drain(): number {
    const lane = this.#lane;
    const order = this.#order;
    const count = lane.completions.drainInto(order);
    for (let i = count - 1; i >= 0; i--) {
      const slot = order[i];
      const meta = lane.meta(slot);
      const resolve = this.#slots.resolvers[slot];
      if (resolve === undefined) {
        // A call of a previous owner, which has ended: its promise no longer exists.
        const kind = meta & KIND_MASK;
        if (kind >= KIND_WITH_BYTES) this.#host.moved.drop(lane, slot);
        this.#host.payloads.discardResult(lane, slot, kind, doneBy(meta));
        this.#slots.release(slot);
      } else if (hasReturned(meta, KIND_NUMBER)) {
        const value = lane.number(lane.resultValue(slot));
        this.#slots.release(slot);
        resolve(value);
      } else {
        this.#settle(slot, meta, resolve);
      }
    }
    this.#counts[COUNT_SETTLED] += count;
    if (this.#waiting.count !== 0) this.#startWaiting();
    return count;
  }

  /** Keeps the buffers in the result of a slot's call until the result is read. */
  holdResult(slot: number, held: SharedArrayBuffer[]): void {
    this.#slots.hold(slot, held);
  }

  /** Requests an unpark at the next completion; false if one came since the last drain. */
  tryArm(): boolean {
    return !this.busy || this.#lane.completions.tryArm();
  }

  /** Cancels {@linkcode Caller.tryArm}. */
  disarm(): void {
    this.#lane.completions.disarm();
  }

  /** Rejects the calls that ran on workers which have ended, and returns their number. */
  rejectLost(reason: (serial: number) => WorkerLostError): number {
    const { moved } = this.#host;
    const count = this.#slots.rejectLost(
      reason,
      (slot) => moved.drop(this.#lane, slot),
    );
    this.#counts[COUNT_SETTLED] += count;
    this.#counts[COUNT_LOST] += count;
    if (this.#waiting.count !== 0) this.#startWaiting();
    return count;
  }

  /** Rejects all calls that are not settled. All workers have ended. */
  rejectAll(reason: () => ShutdownError): void {
    this.#slots.rejectAll(reason);
    while (this.#waiting.count !== 0) {
      this.#waiting.take().resolve(rejection(reason()));
    }
  }

  /** Takes a waiting call that this thread may run and settle; undefined if there is none. */
  takeWaiting(thread: number): WaitingCall | undefined {
    const call = this.#waiting.takeFor(thread);
    if (call !== undefined) this.#counts[COUNT_SETTLED]++;
    return call;
  }

  #settle(slot: number, meta: number, resolve: Resolve): void {
    const outcome = outcomeOf(this.#host, this.#lane, this.#slots, slot, meta);
    this.#slots.release(slot);
    resolve(outcome);
  }

  #wait(
    task: number,
    payload: KeptPayload,
    tracked: boolean,
    held: SharedArrayBuffer[] | null,
  ): Promise<unknown> {
    const promise = this.#submissions.newPromise();
    const resolve = this.#submissions.takeResolve();
    // First: if no stack is left for a later step, no call waits without a round to start it.
    if (!this.#host.loop.isActive) this.#host.pump();
    if (tracked) this.#host.beginTrackedWork();
    const since = this.#waiting.clock.now();
    this.#waiting.push({ task, payload, tracked, held, since, resolve });
    return promise;
  }

  /** Submits waiting calls, in turn, while slots and blocks are free. */
  #startWaiting(): void {
    while (this.#waiting.count !== 0 && this.#slots.canTake) {
      const call = this.#waiting.first();
      try {
        if (!this.#planned.restart(call)) return;
        this.#waiting.take();
      } catch (error) {
        // The machine is out of memory.
        this.#waiting.take().resolve(rejection(error));
      }
    }
  }
}
