/**
 * Calls that are not plain ones: with a priority, for a certain worker, or controlled.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import type { CallSlots } from "./call_slots.ts";
import type { CallerHost } from "./caller_host.ts";
import { SentBuffers } from "./message_buffers.ts";
import { packNumbers } from "./numbers.ts";
import type { OwnedRings } from "./owned_rings.ts";
import {
  type KeptPayload,
  KIND_BYTES,
  KIND_ITEMS,
  KIND_NONE,
  KIND_NUMBER,
  KIND_NUMBERS,
  kindOfConstant,
  kindOfMessage,
  NOT_SMALL,
} from "./payload_kinds.ts";
import type { Plan } from "./plan.ts";
import type { Submissions } from "./submissions.ts";
import type { WaitingCall, WaitingCalls } from "./waiting_calls.ts";

/** The owner's side of a lane. */
interface LaneParts {
  readonly slots: CallSlots;
  readonly rings: OwnedRings;
  readonly submissions: Submissions;
  readonly waiting: WaitingCalls;
}

/** Submits the calls of one lane that have a {@linkcode Plan}. Owner only. */
export class PlannedCalls {
  readonly #lane: Lane;
  readonly #host: CallerHost;
  readonly #slots: CallSlots;
  readonly #rings: OwnedRings;
  readonly #submissions: Submissions;
  readonly #waiting: WaitingCalls;

  constructor(lane: Lane, host: CallerHost, parts: LaneParts) {
    this.#lane = lane;
    this.#host = host;
    this.#slots = parts.slots;
    this.#rings = parts.rings;
    this.#submissions = parts.submissions;
    this.#waiting = parts.waiting;
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
    targets: readonly number[],
    plan: Plan,
  ): boolean {
    if (this.#mustWait) return false;
    const { payloads, sharedBuffers } = this.#host;
    const numbers = packNumbers(items);
    if (numbers !== undefined) {
      const place = (slot: number) =>
        payloads.tryPlaceBytes(numbers, numbers.length, this.#lane, slot) !==
          NOT_SMALL;
      return this.#tryStart(task, KIND_NUMBERS, place, null, plan);
    }
    const sent = new SentBuffers(sharedBuffers, targets);
    const message = payloads.encodeItems(items, sent);
    const place = (slot: number) =>
      payloads.tryPlaceArguments(message, this.#lane, slot);
    if (this.#tryStart(task, KIND_ITEMS, place, sent.held, plan)) return true;
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
    lane.nextRing = this.#rings.use(plan.ring);
    try {
      const slot = this.#slots.next();
      lane.setNumber(lane.nextValue, number);
      this.#submissions.startPlanned(slot, task, kind, plan);
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
    return this.#tryStart(
      task,
      KIND_BYTES,
      (slot) =>
        this.#host.payloads.tryPlaceBytes(bytes, length, this.#lane, slot) !==
          NOT_SMALL,
      null,
      plan,
    );
  }

  #submitMessage(
    task: number,
    args: readonly unknown[],
    targets: readonly number[],
    plan: Plan,
  ): WaitingCall | undefined {
    const { payloads, sharedBuffers } = this.#host;
    const sent = new SentBuffers(sharedBuffers, targets);
    // This runs getters, which may submit calls, so the slot is taken afterwards.
    const message = payloads.encodeArguments(args, sent);
    const { held } = sent;
    const kind = kindOfMessage(args);
    const place = (slot: number) =>
      payloads.tryPlaceArguments(message, this.#lane, slot);
    if (this.#tryStart(task, kind, place, held, plan)) return;
    return this.#wait(task, payloads.keep(message, kind), held, plan);
  }

  /** Submits a waiting call; false, with nothing done, if there is no room for it. */
  restart({ task, payload, held }: WaitingCall, plan: Plan): boolean {
    const place = (slot: number) =>
      this.#host.payloads.tryPlaceKept(payload, this.#lane, slot);
    return this.#start(task, payload.kind, place, held, plan);
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
  ): boolean {
    const lane = this.#lane;
    lane.nextRing = this.#rings.use(plan.ring);
    try {
      const slot = this.#slots.next();
      if (!place(slot)) return false;
      this.#slots.hold(slot, held);
      this.#submissions.startPlanned(slot, task, kind, plan);
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
  ): WaitingCall {
    const { tracked, settle: resolve } = plan;
    // First: if no stack is left for a later step, no call waits without a round to start it.
    if (!this.#host.progress.isActive) this.#host.pump();
    if (tracked) this.#host.beginTrackedWork();
    const call = { task, payload, tracked, held, resolve, plan };
    this.#waiting.push(call);
    return call;
  }
}
