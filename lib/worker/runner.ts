/**
 * Runs calls and completes them.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import {
  KeptMessage,
  KIND_NUMBER,
  NO_ROOM,
  NOT_SMALL,
  type Payloads,
} from "../calls/payloads.ts";
import {
  type Loans,
  ReceivedBuffers,
  SentBuffers,
} from "../calls/message_buffers.ts";
import { KIND_MASK, submittedTask } from "../bridge/slot_state.ts";
import { type EncodedMessage, toBytes } from "../codec/encoder.ts";
import type { WaitingCall } from "../calls/waiting_calls.ts";
import { PayloadTooLargeError } from "../errors.ts";
import type { Functions } from "../tasks/functions.ts";

/** A result for which the arena had no room. */
interface WaitingResult {
  /** Buffers to keep until the result can be read. */
  readonly held: SharedArrayBuffer[] | null;
  readonly lane: Lane;
  readonly stamp: number;
  readonly message: KeptMessage;
  readonly failed: boolean;
}

/** Between taking a call and handing back its outcome. */
export class Runner {
  readonly #endpoint: Endpoint;
  readonly #payloads: Payloads;
  readonly #functions: Functions;
  readonly #thread: number;
  readonly #serial: number;
  readonly #waiting: WaitingResult[] = [];
  #unfinishedCount = 0;

  constructor(endpoint: Endpoint, functions: Functions) {
    this.#endpoint = endpoint;
    this.#payloads = endpoint.payloads;
    this.#functions = functions;
    this.#thread = endpoint.thread;
    this.#serial = endpoint.serial;
  }

  /**
   * Runs a call of this worker's own that waits for a slot; false when there is none. When
   * all its slots are taken by calls that wait for just such a call, nobody else would.
   */
  runWaiting(): boolean {
    const call = this.#endpoint.takeWaiting();
    if (call === undefined) return false;
    this.#unfinishedCount++;
    const outcome = this.#runHere(call).finally(() => this.#unfinishedCount--);
    call.resolve(outcome);
    return true;
  }

  /** Calls that have returned a promise which is not settled. */
  get unfinishedCount(): number {
    return this.#unfinishedCount;
  }

  /** Whether results wait for room in the arena. */
  get hasWaitingResults(): boolean {
    return this.#waiting.length !== 0;
  }

  /** Sends results that wait for room, oldest first; false when some still wait. */
  trySendWaiting(): boolean {
    while (this.#waiting.length !== 0) {
      const { lane, stamp, message, failed } = this.#waiting[0];
      const slot = slotOf(lane, stamp);
      const kind = this.#payloads.tryPlaceResult(message, lane, slot);
      if (kind === NO_ROOM) return false;
      this.#waiting.shift();
      this.#complete(lane, stamp, kind, failed);
    }
    return true;
  }

  /**
   * Runs the call that was taken from `lane` under `stamp`. True when it is over and
   * nothing of it was shared; false when something may need the event loop.
   */
  run(lane: Lane, stamp: number): boolean {
    const slot = slotOf(lane, stamp);
    const meta = lane.ring.takenMeta;
    const task = submittedTask(meta);
    const kind = meta & KIND_MASK;
    // SUBMITTED => RUNNING: from here on the call is lost if this worker is.
    lane.markRunning(slot, this.#serial);
    let result: unknown;
    let loans: Loans | null = null;
    try {
      const fn = this.#functions.ready(task);
      if (fn !== undefined && kind === KIND_NUMBER) {
        result = fn(lane.ring.takenNumber);
      } else {
        // Read first: the memory goes back to the caller at once, however long an import
        // takes.
        const received = new ReceivedBuffers(this.#endpoint.sharedBuffers);
        const args = this.#payloads.readArguments(lane, slot, kind, received);
        loans = received.loans;
        result = fn === undefined ? this.#load(task, args) : fn(...args);
      }
      if (typeof result === "object" && isThenable(result)) {
        this.#await(lane, stamp, task, result, loans);
        return false;
      }
    } catch (error) {
      this.#fail(lane, stamp, task, error);
      return false;
    }
    if (typeof result === "number") {
      lane.setNumber(lane.resultValue(slot), result);
      this.#complete(lane, stamp, KIND_NUMBER, false);
      return true;
    }
    this.#succeed(lane, stamp, task, result, loans);
    return false;
  }

  async #runHere({ task, payload }: WaitingCall): Promise<unknown> {
    const args = this.#payloads.readKept(payload);
    try {
      const fn = this.#functions.ready(task) ??
        await this.#functions.load(task);
      return this.#payloads.copy(await fn(...args), "result");
    } catch (error) {
      throw this.#payloads.copy(this.#functions.explain(task, error), "error");
    }
  }

  #load(task: number, args: unknown[]): unknown {
    const fn = this.#functions.load(task);
    return fn instanceof Promise
      ? fn.then((loaded) => loaded(...args))
      : fn(...args);
  }

  #await(
    lane: Lane,
    stamp: number,
    task: number,
    result: PromiseLike<unknown>,
    loans: Loans | null,
  ): void {
    this.#unfinishedCount++;
    // Not result.then(), which a task may have replaced: as `await` does, so that only one
    // of the two is called, and once.
    Promise.prototype.then.call(
      Promise.resolve(result),
      (value) => {
        this.#unfinishedCount--;
        this.#succeed(lane, stamp, task, value, loans);
      },
      (error) => {
        this.#unfinishedCount--;
        this.#fail(lane, stamp, task, error);
      },
    );
  }

  #succeed(
    lane: Lane,
    stamp: number,
    task: number,
    value: unknown,
    loans: Loans | null,
  ): void {
    const kind = this.#payloads.tryWriteSmall(
      lane,
      slotOf(lane, stamp),
      value,
    );
    if (kind !== NOT_SMALL) return this.#complete(lane, stamp, kind, false);
    const sent = this.#sentTo(lane, loans);
    let message: EncodedMessage;
    try {
      message = this.#payloads.encode(value, "result", sent);
    } catch (error) {
      return this.#fail(lane, stamp, task, error);
    }
    this.#send(lane, stamp, message, sent.held, false);
  }

  #fail(lane: Lane, stamp: number, task: number, thrown: unknown): void {
    const sent = this.#sentTo(lane, null);
    let message: EncodedMessage;
    try {
      const error = this.#functions.explain(task, thrown);
      message = this.#payloads.encode(error, "error", sent);
    } catch (problem) {
      message = this.#encodeStandIn(thrown, problem, sent);
    }
    this.#send(lane, stamp, message, sent.held, true);
  }

  /** In place of an error that cannot cross: what it was at least, or why it cannot. */
  #encodeStandIn(
    thrown: unknown,
    problem: unknown,
    sent: SentBuffers,
  ): EncodedMessage {
    try {
      const isTooLarge = problem instanceof PayloadTooLargeError;
      const error = thrown instanceof Error && !isTooLarge
        ? plainError(thrown)
        : problem;
      return this.#payloads.encode(error, "error", sent);
    } catch {
      const error = new Error(
        "Cannot send what the task threw: reading it throws, or it is too large",
      );
      return this.#payloads.encode(error, "error", sent);
    }
  }

  #sentTo(lane: Lane, loans: Loans | null): SentBuffers {
    return new SentBuffers(this.#endpoint.sharedBuffers, lane.owners, loans);
  }

  #send(
    lane: Lane,
    stamp: number,
    message: EncodedMessage,
    held: SharedArrayBuffer[] | null,
    failed: boolean,
  ): void {
    // Not past results that wait already: a large one would never get its room.
    if (!this.hasWaitingResults) {
      const slot = slotOf(lane, stamp);
      const kind = this.#payloads.tryPlaceResult(message, lane, slot);
      if (kind !== NO_ROOM) return this.#complete(lane, stamp, kind, failed);
    }
    const kept = new KeptMessage(toBytes(message));
    this.#waiting.push({ lane, stamp, message: kept, failed, held });
  }

  /** RUNNING => DONE, and hands the slot back to the lane's owner. */
  #complete(lane: Lane, stamp: number, kind: number, failed: boolean): void {
    lane.markDone(slotOf(lane, stamp), this.#thread, kind, failed);
    if (lane.completions.push(stamp)) {
      this.#endpoint.control.parkers[lane.owner].unpark();
    }
  }
}

function slotOf(lane: Lane, stamp: number): number {
  return stamp & (lane.capacity - 1);
}

function isThenable(value: object | null): value is PromiseLike<unknown> {
  return value !== null &&
    typeof (value as PromiseLike<unknown>).then === "function";
}

/** Class, message and stack of an error whose own properties or cause cannot cross. */
function plainError(error: Error): Error {
  const plain = new Error(error.message);
  Object.defineProperty(plain, "name", { value: String(error.name) });
  Object.defineProperty(plain, "stack", { value: error.stack });
  return plain;
}
