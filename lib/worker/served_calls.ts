/**
 * The calls of a worker that are controlled or urgent, as long as they are unfinished.
 *
 * @module
 */

import { NO_BLOCK } from "../bridge/arena.ts";
import type { CallWords } from "../bridge/call_words.ts";
import type { Lane } from "../bridge/lane.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import {
  CONTROLLED,
  KIND_WITH_BYTES,
  WRAPPED,
} from "../payloads/payload_kinds.ts";
import type { Priority } from "../calls/plan.ts";
import { cancelledError, type RunningCall } from "../limits/running_call.ts";
import { keyOf } from "./slots.ts";
import type { StartedCall } from "./uncaught.ts";

/** Runs a function as code of a call. */
type RunAs = (call: StartedCall | undefined, fn: () => void) => void;

/** One of these calls, as its code sees it. */
export class ServedCall implements RunningCall {
  /** See {@linkcode RunningCall}. */
  readonly priority: Priority;
  /** Whether its last argument is a list of wrappers. */
  readonly isWrapped: boolean;
  /** The call, once its code has started. */
  started: StartedCall | undefined;
  readonly #words: CallWords | undefined;
  readonly #slot: number;
  readonly #watched: Set<ServedCall>;
  /** Whether it is among the {@linkcode ServedCalls}. */
  isUnfinished = false;
  #abort: AbortController | undefined;
  #hasEnded = false;
  #wasCancelled = false;

  /**
   * @param kind The kind of its arguments, with its flags.
   * @param words Those of its lane, if it is controlled.
   * @param watched Gets the call when its signal is used.
   */
  constructor(
    kind: number,
    priority: Priority,
    words: CallWords | undefined,
    slot: number,
    watched: Set<ServedCall>,
  ) {
    this.isWrapped = (kind & WRAPPED) !== 0;
    this.priority = priority;
    this.#words = words;
    this.#slot = slot;
    this.#watched = watched;
  }

  /** Whether it is controlled. */
  get isControlled(): boolean {
    return this.#words !== undefined;
  }

  /** See {@linkcode RunningCall}. */
  get isCancelled(): boolean {
    // Afterwards, the slot belongs to another call.
    return this.#hasEnded
      ? this.#wasCancelled
      : this.#words !== undefined && this.#words.isCancelled(this.#slot);
  }

  /** See {@linkcode RunningCall}. */
  get signal(): AbortSignal {
    if (this.#abort !== undefined) return this.#abort.signal;
    const abort = this.#abort = new AbortController();
    if (this.#hasEnded || this.#words === undefined) {
      if (this.#wasCancelled) this.abort();
    } else if (this.#words.watch(this.#slot)) this.abort();
    else this.#watched.add(this);
    return abort.signal;
  }

  /** Aborts the signal. */
  abort(): void {
    this.#watched.delete(this);
    this.#abort!.abort(cancelledError());
  }

  /** Its outcome is about to be sent. */
  end(): void {
    this.#wasCancelled = this.isCancelled;
    this.#hasEnded = true;
    this.#watched.delete(this);
  }
}

/** These calls, by lane and slot, except those that end within the step that begins them. */
export class ServedCalls {
  /** Number of calls. While it is 0, other calls need not look for themselves here. */
  count = 0;
  readonly #endpoint: Endpoint;
  readonly #calls = new Map<number, ServedCall>();
  /** Those whose signal is in use. */
  readonly #watched = new Set<ServedCall>();

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /**
   * Begins the call that was taken last from `lane`.
   *
   * @param kind The kind of its arguments, with its flags.
   * @returns Undefined if it is cancelled. Its arguments are then released.
   */
  tryBegin(
    lane: Lane,
    slot: number,
    kind: number,
    priority: Priority,
  ): ServedCall | undefined {
    if ((kind & CONTROLLED) === 0) {
      return new ServedCall(kind, priority, undefined, slot, this.#watched);
    }
    if (!lane.calls.tryStart(slot, this.#endpoint.deadlines.sharedStartMs)) {
      this.#discardArguments(lane, slot, kind & ~(CONTROLLED | WRAPPED));
      return undefined;
    }
    this.#endpoint.guard.begin();
    return new ServedCall(kind, priority, lane.calls, slot, this.#watched);
  }

  /** A call that has begun goes on while other calls are taken. */
  add(lane: Lane, slot: number, call: ServedCall): void {
    call.isUnfinished = true;
    this.#calls.set(keyOf(lane, slot), call);
    this.count++;
  }

  /** The outcome of a call that was never added has been sent. */
  finish(call: ServedCall): void {
    if (call.isControlled) this.#endpoint.guard.end();
  }

  /** The unfinished call in a slot; undefined if it is a plain one. */
  find(lane: Lane, slot: number): ServedCall | undefined {
    return this.count === 0 ? undefined : this.#calls.get(keyOf(lane, slot));
  }

  /** The outcome of the call in a slot is about to be sent. */
  end(lane: Lane, slot: number): void {
    const key = keyOf(lane, slot);
    const call = this.#calls.get(key);
    if (call === undefined) return;
    this.#calls.delete(key);
    this.count--;
    call.end();
    if (call.isControlled) this.#endpoint.guard.end();
  }

  /** Whether a signal may have to be aborted after news. */
  get watchesAny(): boolean {
    return this.#watched.size !== 0;
  }

  /** Aborts the signals of the calls that were cancelled. */
  abortCancelled(run: RunAs): void {
    const { guard } = this.#endpoint;
    for (const call of [...this.#watched]) {
      if (!call.isCancelled) continue;
      guard.toTasks();
      try {
        run(call.started, () => call.abort());
      } finally {
        guard.toLibrary();
      }
    }
  }

  #discardArguments(lane: Lane, slot: number, kind: number): void {
    if (kind < KIND_WITH_BYTES) return;
    this.#endpoint.moved.drop(lane, slot);
    const { block } = lane.taken;
    if (block === NO_BLOCK || !lane.arena.release(block)) return;
    this.#endpoint.control.parkers[lane.owner].unpark();
  }
}
