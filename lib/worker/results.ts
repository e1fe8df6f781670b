/**
 * Sends the results and errors of calls to their callers.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import { COMPUTE } from "../bridge/layout.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { KeptMessage } from "../payloads/kept_message.ts";
import {
  type Loans,
  movesAny,
  SentParts,
} from "../payloads/message_buffers.ts";
import { KIND_NONE, KIND_VALUE, NOT_SMALL } from "../payloads/payload_kinds.ts";
import type { Payloads } from "../payloads/payloads.ts";
import { sendThrown } from "../calls/send_thrown.ts";
import { type EncodedMessage, toBytes } from "../codec/encoder.ts";
import { needsEventLoop } from "../codec/moved.ts";
import type { Functions } from "../tasks/functions.ts";
import type { RunTimes } from "./run_times.ts";
import type { ServedCalls } from "./served_calls.ts";
import { slotOf } from "./slots.ts";

/** A result that waits for a block of the arena. */
interface WaitingResult {
  /** Buffers to keep until the result is in shared memory. */
  readonly held: SharedArrayBuffer[] | null;
  readonly lane: Lane;
  readonly stamp: number;
  readonly message: KeptMessage;
  readonly kind: number;
  readonly failed: boolean;
}

/** The results of one worker. A call is named by its lane and its stamp. */
export class Results {
  /** Counts and times the calls. */
  readonly times: RunTimes;
  readonly #endpoint: Endpoint;
  readonly #payloads: Payloads;
  readonly #functions: Functions;
  readonly #thread: number;
  /** Whether this worker blocks, outside of its event loop, when it has no calls. */
  readonly #sleeps: boolean;
  readonly #waiting: WaitingResult[] = [];
  readonly #served: ServedCalls;
  /** Number of things that are being loaded for calls. */
  #loadingCount = 0;

  constructor(
    endpoint: Endpoint,
    functions: Functions,
    served: ServedCalls,
    times: RunTimes,
  ) {
    this.#served = served;
    this.times = times;
    this.#endpoint = endpoint;
    this.#payloads = endpoint.payloads;
    this.#functions = functions;
    this.#thread = endpoint.thread;
    this.#sleeps = endpoint.workersOf(COMPUTE).includes(endpoint.thread);
  }

  /** Whether results wait for a block of the arena, or the worker is held up. */
  get areWaiting(): boolean {
    return this.#waiting.length !== 0 || this.isHeldUp;
  }

  /** Whether the worker takes no calls: see {@linkcode Results.holdUp}. */
  get isHeldUp(): boolean {
    return this.#loadingCount !== 0;
  }

  /**
   * Lets the worker take no calls until something is loaded that a call needs. Others that it
   * began as well would wait for that call, which may block for them.
   */
  async holdUp(loading: Promise<void>): Promise<void> {
    this.#loadingCount++;
    try {
      await loading;
    } finally {
      this.#loadingCount--;
      this.#endpoint.control.parkers[this.#thread].unpark();
    }
  }

  /**
   * Sends results that wait for a block, oldest first.
   *
   * @returns False when some still wait, or the worker is held up.
   */
  trySendWaiting(): boolean {
    if (this.isHeldUp) return false;
    while (this.#waiting.length !== 0) {
      const { lane, stamp, message, kind, failed } = this.#waiting[0];
      const isDropped = this.isDropped(lane, stamp);
      const slot = slotOf(lane, stamp);
      if (!isDropped && !this.#payloads.tryPlaceResult(message, lane, slot)) {
        return false;
      }
      this.#waiting.shift();
      if (isDropped) this.drop(lane, stamp);
      else this.complete(lane, stamp, kind, failed);
    }
    return true;
  }

  /** Sends what a call has returned. */
  succeed(
    lane: Lane,
    stamp: number,
    task: number,
    value: unknown,
    loans: Loans | null,
  ): void {
    if (this.isDropped(lane, stamp)) return this.drop(lane, stamp);
    let kind: number;
    try {
      kind = this.#payloads.tryWriteSmall(lane, slotOf(lane, stamp), value);
    } catch (error) {
      return this.fail(lane, stamp, task, error);
    }
    if (kind !== NOT_SMALL) return this.complete(lane, stamp, kind, false);
    const sent = this.sentTo(lane, loans);
    let message: EncodedMessage;
    try {
      message = this.#payloads.encode(value, "result", sent);
      this.move(lane, stamp, sent);
    } catch (error) {
      return this.fail(lane, stamp, task, error);
    }
    this.send(lane, stamp, message, sent.held, KIND_VALUE, false);
  }

  /** Sends what a call has thrown. */
  fail(lane: Lane, stamp: number, task: number, thrown: unknown): void {
    if (this.isDropped(lane, stamp)) return this.drop(lane, stamp);
    const { sharedBuffers } = this.#endpoint;
    const sent = new SentParts(sharedBuffers, lane.owners).refusingMoves();
    const message = this.encodeThrown(task, thrown, sent);
    this.send(lane, stamp, message, sent.held, KIND_VALUE, true);
  }

  /** Counts and serialises what a task has thrown. */
  encodeThrown(
    task: number,
    thrown: unknown,
    sent: SentParts,
  ): EncodedMessage {
    this.times.fail(task);
    return sendThrown(thrown, (value) => {
      const error = this.#functions.explain(task, value);
      return this.#payloads.encode(error, "error", sent);
    });
  }

  /**
   * Moves the objects in a message before the message is sent.
   *
   * @throws {DOMException} If one cannot be transferred.
   */
  move(lane: Lane, stamp: number, sent: SentParts): void {
    const { moved } = this.#endpoint;
    if (!movesAny(sent) || !moved.reaches(lane.owner)) return;
    if (this.#sleeps && sent.moved.some(needsEventLoop)) {
      throw new DOMException(
        "Cannot move stream out of a compute worker: nothing would flow, because the worker " +
          "blocks when it has no calls; return what the stream contains, pass the task a " +
          "WritableStream, or use spawnAsync() with asyncThreads above 1",
        "DataCloneError",
      );
    }
    moved.send(lane.owner, lane, slotOf(lane, stamp), sent.moved);
  }

  /** For what a result contains. */
  sentTo(lane: Lane, loans: Loans | null): SentParts {
    return new SentParts(this.#endpoint.sharedBuffers, lane.owners, loans);
  }

  /** Sends a message, now or when there is a block for it. */
  send(
    lane: Lane,
    stamp: number,
    message: EncodedMessage,
    held: SharedArrayBuffer[] | null,
    kind: number,
    failed: boolean,
  ): void {
    if (held !== null) {
      this.#endpoint.holdOwnResult(lane, slotOf(lane, stamp), held);
    }
    // In order: a large result would starve if later small ones took the room.
    if (!this.areWaiting) {
      const slot = slotOf(lane, stamp);
      if (this.#payloads.tryPlaceResult(message, lane, slot)) {
        return this.complete(lane, stamp, kind, failed);
      }
    }
    const kept = new KeptMessage(toBytes(message));
    this.#waiting.push({ lane, stamp, message: kept, kind, failed, held });
  }

  /** Whether the call is cancelled, so that nobody needs its outcome. */
  isDropped(lane: Lane, stamp: number): boolean {
    return this.#served.find(lane, slotOf(lane, stamp))?.isCancelled === true;
  }

  /** Completes a call without an outcome. */
  drop(lane: Lane, stamp: number): void {
    this.times.drop();
    this.complete(lane, stamp, KIND_NONE, false);
  }

  /** RUNNING => DONE; returns the slot to the lane's owner. */
  complete(lane: Lane, stamp: number, kind: number, failed: boolean): void {
    const times = this.times;
    if (times.timedCount !== 0) times.end(lane, slotOf(lane, stamp), failed);
    if (this.#served.count !== 0) this.#served.end(lane, slotOf(lane, stamp));
    lane.markDone(slotOf(lane, stamp), this.#thread, kind, failed);
    if (lane.completions.push(stamp)) {
      this.#endpoint.control.parkers[lane.owner].unpark();
    }
  }
}
