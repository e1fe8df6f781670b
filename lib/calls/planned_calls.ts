/**
 * Calls that are not plain ones: with a priority, for a certain worker, or controlled.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import type { EncodedMessage } from "../codec/encoder.ts";
import { moveLocally } from "../codec/moved.ts";
import type { CallSlots } from "./call_slots.ts";
import type { Moment } from "./call_times.ts";
import type { CallerHost } from "./caller_host.ts";
import { type ItemsMode, modeToList } from "./items.ts";
import { keepMessage } from "../payloads/kept_message.ts";
import { movesAny, SentParts } from "../payloads/message_buffers.ts";
import { packNumbers } from "../payloads/numbers.ts";
import type { OwnedRings } from "./owned_rings.ts";
import {
  type KeptPayload,
  KIND_BYTES,
  KIND_ITEMS,
  KIND_ITEMS_WITH,
  KIND_NONE,
  KIND_NUMBER,
  KIND_NUMBERS,
  kindOfConstant,
  kindOfMessage,
  NOT_SMALL,
} from "../payloads/payload_kinds.ts";
import { ANY_WORKER, type Plan } from "./plan.ts";
import { noteSent } from "./diagnostics.ts";
import type { Submissions } from "./submissions.ts";
import type { WaitingCall, WaitingCalls } from "./waiting_calls.ts";
import type { WorkerChoice } from "./worker_choice.ts";

/** The owner's side of a lane. */
interface LaneParts {
  readonly slots: CallSlots;
  readonly rings: OwnedRings;
  readonly submissions: Submissions;
  readonly waiting: WaitingCalls;
  readonly choice: WorkerChoice;
}

/** Submits the calls of one lane that have a {@linkcode Plan}. Owner only. */
export class PlannedCalls {
  readonly #lane: Lane;
  readonly #host: CallerHost;
  readonly #slots: CallSlots;
  readonly #rings: OwnedRings;
  readonly #submissions: Submissions;
  readonly #waiting: WaitingCalls;
  readonly #choice: WorkerChoice;

  constructor(lane: Lane, host: CallerHost, parts: LaneParts) {
    this.#lane = lane;
    this.#host = host;
    this.#slots = parts.slots;
    this.#rings = parts.rings;
    this.#submissions = parts.submissions;
    this.#waiting = parts.waiting;
    this.#choice = parts.choice;
  }

  /**
   * Submits a call, or lets it wait for a slot or a block.
   *
   * @param targets Thread indices of the workers that may get its buffers.
   * @returns The call if it waits.
   * @throws Before anything was submitted: a DataCloneError or PayloadTooLargeError, or what a
   * getter of an argument throws.
   */
  submit(
    task: number,
    args: readonly unknown[],
    targets: readonly number[],
    plan: Plan,
  ): WaitingCall | undefined {
    if (args.length === 0) return this.#submitSmall(task, KIND_NONE, 0, plan);
    if (args.length === 1) {
      const [argument] = args;
      if (typeof argument === "number") {
        return this.#submitSmall(task, KIND_NUMBER, argument, plan);
      }
      // This may run a getter, which may submit calls, so the slot is taken afterwards.
      const length = this.#host.payloads.rawLength(argument);
      const kind = kindOfConstant(argument);
      if (kind !== NOT_SMALL) return this.#submitSmall(task, kind, 0, plan);
      const bytes = argument as Uint8Array;
      if (length !== 0 && this.#tryBytes(task, bytes, length, plan)) return;
    }
    return this.#submitMessage(task, args, targets, plan);
  }

  /**
   * Submits a call for several items: see items.ts.
   *
   * @returns False, with nothing done, if the call would have to wait.
   * @throws What {@linkcode PlannedCalls.submit} throws, for any of the items.
   */
  trySubmitItems(
    task: number,
    items: readonly unknown[],
    mode: ItemsMode | undefined,
    targets: readonly number[],
    plan: Plan,
  ): boolean {
    if (this.#mustWait) return false;
    const { payloads, sharedBuffers } = this.#host;
    const numbers = mode === undefined ? packNumbers(items) : undefined;
    if (numbers !== undefined) {
      const place = (slot: number) =>
        payloads.tryPlaceBytes(numbers, numbers.length, this.#lane, slot) !==
          NOT_SMALL;
      return this.#tryStart(task, KIND_NUMBERS, place, null, plan);
    }
    // An item with an object to be moved is refused, and gets a call of its own.
    const sent = new SentParts(sharedBuffers, targets).refusingMoves();
    const [kind, last] = mode === undefined
      ? [KIND_ITEMS, undefined]
      : [KIND_ITEMS_WITH, () => modeToList(mode)];
    const message = payloads.encodeItems(items, sent, last);
    if (mode !== undefined) {
      noteSent(this.#host, task, mode.args, message.byteLength);
    }
    const place = (slot: number) =>
      payloads.tryPlaceArguments(message, this.#lane, slot);
    if (this.#tryStart(task, kind, place, sent.held, plan)) return true;
    message.discard();
    return false;
  }

  #submitSmall(
    task: number,
    kind: number,
    number: number,
    plan: Plan,
  ): WaitingCall | undefined {
    if (this.#mustWait) {
      return this.#wait(task, { kind, number, bytes: null }, null, plan);
    }
    const lane = this.#lane;
    lane.nextRing = this.#rings.use(plan.place.ring);
    try {
      const slot = this.#slots.next();
      lane.setNumber(lane.nextValue(slot), number);
      this.#submissions.startPlanned(slot, task, kind, plan, undefined);
    } finally {
      lane.nextRing = lane.ring;
    }
  }

  #tryBytes(
    task: number,
    bytes: Uint8Array,
    length: number,
    plan: Plan,
  ): boolean {
    const { payloads } = this.#host;
    const place = (slot: number) =>
      payloads.tryPlaceBytes(bytes, length, this.#lane, slot) !== NOT_SMALL;
    if (!this.#tryStart(task, KIND_BYTES, place, null, plan)) return false;
    noteSent(this.#host, task, bytes, length);
    return true;
  }

  #submitMessage(
    task: number,
    args: readonly unknown[],
    targets: readonly number[],
    plan: Plan,
  ): WaitingCall | undefined {
    const { payloads, sharedBuffers } = this.#host;
    const sent = new SentParts(sharedBuffers, targets);
    // This runs getters, which may submit calls, so the slot is taken afterwards.
    const message = payloads.encodeArguments(args, sent);
    noteSent(this.#host, task, args, message.byteLength);
    const { held } = sent;
    const kind = kindOfMessage(args);
    if (movesAny(sent)) {
      return this.submitMoving(task, kind, message, sent, plan);
    }
    const place = (slot: number) =>
      payloads.tryPlaceArguments(message, this.#lane, slot);
    if (this.#tryStart(task, kind, place, held, plan)) return;
    return this.#wait(task, keepMessage(message, kind), held, plan);
  }

  /**
   * Submits a call that moves objects, to a worker that is chosen for it.
   *
   * @returns The call if it waits.
   * @throws {DOMException} If an object cannot be transferred.
   */
  submitMoving(
    task: number,
    kind: number,
    message: EncodedMessage,
    sent: SentParts & { readonly moved: object[] },
    plan: Plan,
  ): WaitingCall | undefined {
    const { payloads } = this.#host;
    const { held, moved } = sent;
    const place = (slot: number) =>
      payloads.tryPlaceArguments(message, this.#lane, slot);
    if (
      !this.#mustWait &&
      this.#startMoving(task, kind, place, held, moved, plan)
    ) return;
    const kept = keepMessage(message, kind);
    // At once, as if the call had been submitted.
    return this.#wait(task, kept, held, plan, moveLocally(moved));
  }

  /** False, with nothing done, without room, or while no worker can be chosen. */
  #startMoving(
    task: number,
    kind: number,
    place: (slot: number) => boolean,
    held: SharedArrayBuffer[] | null,
    objects: object[],
    plan: Plan,
    since?: Moment,
  ): boolean {
    const { moved } = this.#host;
    const worker = plan.place.worker === ANY_WORKER
      ? this.#choice.choose()
      : plan.place.worker;
    if (worker === ANY_WORKER || !moved.reaches(worker)) return false;
    const placeAndMove = (slot: number) => {
      if (!place(slot)) return false;
      // If this throws, nothing was submitted: the next allocation frees the block.
      moved.send(worker, this.#lane, slot, objects);
      return true;
    };
    const { priority, flags, tracked, settle, running } = plan;
    const directed: Plan = {
      place: { ring: this.#choice.ringOf(worker), worker },
      priority,
      flags,
      tracked,
      settle,
      running,
      prepare: (slot) => plan.prepare?.(slot),
      pushed: (slot) => plan.pushed?.(slot),
      freed: () => plan.freed?.(),
    };
    return this.#start(task, kind, placeAndMove, held, directed, since);
  }

  /** Submits a waiting call; false, with nothing done, if there is no room for it. */
  restart(call: WaitingCall): boolean {
    const { task, payload, held, plan, moved, tracked, since, resolve } = call;
    const place = (slot: number) =>
      this.#host.payloads.tryPlaceKept(payload, this.#lane, slot);
    if (plan !== undefined) {
      return moved === undefined
        ? this.#start(task, payload.kind, place, held, plan, since)
        : this.#startMoving(
          task,
          payload.kind,
          place,
          held,
          moved,
          plan,
          since,
        );
    }
    const slot = this.#slots.next();
    if (!place(slot)) return false;
    this.#slots.hold(slot, held);
    const { kind } = payload;
    this.#submissions.restart(slot, task, kind, tracked, resolve, since);
    return true;
  }

  get #mustWait(): boolean {
    return !this.#slots.canTake || this.#waiting.count !== 0;
  }

  #tryStart(
    task: number,
    kind: number,
    place: (slot: number) => boolean,
    held: SharedArrayBuffer[] | null,
    plan: Plan,
  ): boolean {
    return !this.#mustWait && this.#start(task, kind, place, held, plan);
  }

  #start(
    task: number,
    kind: number,
    place: (slot: number) => boolean,
    held: SharedArrayBuffer[] | null,
    plan: Plan,
    since?: Moment,
  ): boolean {
    const lane = this.#lane;
    lane.nextRing = this.#rings.use(plan.place.ring);
    try {
      const slot = this.#slots.next();
      if (!place(slot)) return false;
      this.#slots.hold(slot, held);
      this.#submissions.startPlanned(slot, task, kind, plan, since);
      return true;
    } finally {
      lane.nextRing = lane.ring;
    }
  }

  #wait(
    task: number,
    payload: KeptPayload,
    held: SharedArrayBuffer[] | null,
    plan: Plan,
    moved?: object[],
  ): WaitingCall {
    const { tracked } = plan;
    const resolve = plan.settleWaiting === undefined
      ? plan.settle
      : (value: unknown) => plan.settleWaiting!(value);
    // First: if no stack is left for a later step, no call waits without a round to start it.
    if (!this.#host.loop.isActive) this.#host.pump();
    if (tracked) this.#host.beginTrackedWork();
    const since = this.#waiting.clock.now();
    const call = {
      task,
      payload,
      tracked,
      held,
      since,
      resolve,
      plan,
      moved,
    };
    this.#waiting.push(call);
    return call;
  }
}
