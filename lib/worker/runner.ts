/**
 * Runs the calls that a worker takes, and completes them.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import {
  KeptMessage,
  type KeptPayload,
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

/** A result that waits for a block of the arena. */
interface WaitingResult {
  /** Buffers to keep until the result is in shared memory. */
  readonly held: SharedArrayBuffer[] | null;
  readonly lane: Lane;
  readonly stamp: number;
  readonly message: KeptMessage;
  readonly failed: boolean;
}

/** A call whose arguments contain a buffer that has not arrived yet. */
interface DeferredCall {
  readonly lane: Lane;
  readonly stamp: number;
  readonly task: number;
  readonly args: KeptPayload;
}

/** Runs taken calls and sends their results or errors. */
export class Runner {
  readonly #endpoint: Endpoint;
  readonly #payloads: Payloads;
  readonly #functions: Functions;
  readonly #thread: number;
  readonly #serial: number;
  readonly #waiting: WaitingResult[] = [];
  readonly #deferred: DeferredCall[] = [];
  #unfinishedCount = 0;

  constructor(endpoint: Endpoint, functions: Functions) {
    this.#endpoint = endpoint;
    this.#payloads = endpoint.payloads;
    this.#functions = functions;
    this.#thread = endpoint.thread;
    this.#serial = endpoint.serial;
  }

  /**
   * Runs a call that this worker made and that waits for a slot. The calls in all its slots
   * may wait for exactly that call, and then no other worker can get it.
   *
   * @returns False when no call waits.
   */
  runWaiting(): boolean {
    const call = this.#endpoint.takeWaiting();
    if (call === undefined) return false;
    this.#unfinishedCount++;
    const outcome = this.#runLocally(call).finally(() =>
      this.#unfinishedCount--
    );
    call.resolve(outcome);
    return true;
  }

  /** Number of deferred calls and of calls whose promise is not settled. */
  get unfinishedCount(): number {
    return this.#unfinishedCount + this.#deferred.length;
  }

  /** Whether calls wait for buffers in their arguments. */
  get hasDeferred(): boolean {
    return this.#deferred.length !== 0;
  }

  /** Runs the deferred calls whose buffers have arrived, which the sender announces. */
  runDeferred(): void {
    for (const call of this.#deferred.splice(0)) {
      const { lane, stamp, task } = call;
      const received = new ReceivedBuffers(this.#endpoint.sharedBuffers);
      let args: unknown[] | KeptPayload;
      try {
        args = this.#payloads.readKept(call.args, received);
      } catch (error) {
        this.#fail(lane, stamp, task, error);
        continue;
      }
      if (!Array.isArray(args)) this.#deferred.push(call);
      else this.#runWith(lane, stamp, task, args, received.loans);
    }
  }

  /** Whether results wait for a block of the arena. */
  get hasWaitingResults(): boolean {
    return this.#waiting.length !== 0;
  }

  /**
   * Sends results that wait for a block, oldest first.
   *
   * @returns False when some still wait.
   */
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
   * Runs the call that was taken last from `lane`.
   *
   * @param stamp The stamp of that call.
   * @returns True when the call has returned a number and is completed. False when the
   * worker must check whether it now needs its event loop.
   */
  run(lane: Lane, stamp: number): boolean {
    const slot = slotOf(lane, stamp);
    const meta = lane.ring.takenMeta;
    const task = submittedTask(meta);
    const kind = meta & KIND_MASK;
    // SUBMITTED => RUNNING: from here on, the call is lost if this worker ends.
    lane.markRunning(slot, this.#serial);
    let result: unknown;
    let loans: Loans | null = null;
    try {
      const fn = this.#functions.ready(task);
      if (fn !== undefined && kind === KIND_NUMBER) {
        result = fn(lane.ring.takenNumber);
      } else {
        // Read before a task is imported, which may take long: the caller gets its block
        // back at once.
        const received = new ReceivedBuffers(this.#endpoint.sharedBuffers);
        const args = this.#payloads.readArguments(lane, slot, kind, received);
        if (!Array.isArray(args)) {
          this.#deferred.push({ lane, stamp, task, args });
          return false;
        }
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

  #runWith(
    lane: Lane,
    stamp: number,
    task: number,
    args: unknown[],
    loans: Loans | null,
  ): void {
    let result: unknown;
    try {
      const fn = this.#functions.ready(task);
      result = fn === undefined ? this.#load(task, args) : fn(...args);
      if (typeof result === "object" && isThenable(result)) {
        return this.#await(lane, stamp, task, result, loans);
      }
    } catch (error) {
      return this.#fail(lane, stamp, task, error);
    }
    this.#succeed(lane, stamp, task, result, loans);
  }

  async #runLocally({ task, payload }: WaitingCall): Promise<unknown> {
    const { sharedBuffers } = this.#endpoint;
    // All buffers in them are this thread's own, and the call holds them.
    const args = this.#payloads.readKept(payload, sharedBuffers) as unknown[];
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
    // As `await` does: a then() of the promise's own is not called, and Promise.resolve()
    // makes sure that exactly one of the two functions runs, once.
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
      message = this.#encodeReplacement(thrown, problem, sent);
    }
    this.#send(lane, stamp, message, sent.held, true);
  }

  /** Encodes a replacement for an error that cannot be sent: its main fields, or why. */
  #encodeReplacement(
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
        "Cannot send the error of the task: reading it throws, or it is too large",
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
    if (held !== null) {
      this.#endpoint.holdOwnResult(lane, slotOf(lane, stamp), held);
    }
    // In order: a large result would starve if later small ones took the room.
    if (!this.hasWaitingResults) {
      const slot = slotOf(lane, stamp);
      const kind = this.#payloads.tryPlaceResult(message, lane, slot);
      if (kind !== NO_ROOM) return this.#complete(lane, stamp, kind, failed);
    }
    const kept = new KeptMessage(toBytes(message));
    this.#waiting.push({ lane, stamp, message: kept, failed, held });
  }

  /** RUNNING => DONE; returns the slot to the lane's owner. */
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

/** Name, message and stack of an error whose own properties or cause cannot be sent. */
function plainError(error: Error): Error {
  const plain = new Error(error.message);
  Object.defineProperty(plain, "name", { value: String(error.name) });
  Object.defineProperty(plain, "stack", { value: error.stack });
  return plain;
}
