/**
 * Runs the calls that a worker takes, and completes them.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { KeptMessage } from "../calls/kept_message.ts";
import {
  type KeptPayload,
  KIND_NUMBER,
  KIND_VALUE,
  NOT_SMALL,
} from "../calls/payload_kinds.ts";
import type { Payloads } from "../calls/payloads.ts";
import {
  type Loans,
  ReceivedBuffers,
  SentBuffers,
} from "../calls/message_buffers.ts";
import { KIND_MASK, submittedTask } from "../bridge/slot_state.ts";
import { type EncodedMessage, toBytes } from "../codec/encoder.ts";
import { sendThrown } from "../calls/send_thrown.ts";
import type { WaitingCall } from "../calls/waiting_calls.ts";
import type { Functions } from "../tasks/functions.ts";
import { StartedCall, type UncaughtErrors } from "./uncaught.ts";

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
  readonly #uncaught: UncaughtErrors;
  readonly #thread: number;
  readonly #serial: number;
  readonly #waiting: WaitingResult[] = [];
  readonly #deferred: DeferredCall[] = [];

  constructor(
    endpoint: Endpoint,
    functions: Functions,
    uncaught: UncaughtErrors,
  ) {
    this.#endpoint = endpoint;
    this.#payloads = endpoint.payloads;
    this.#functions = functions;
    this.#uncaught = uncaught;
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
    call.resolve(this.#runLocally(call));
    return true;
  }

  /** Number of deferred calls and of calls whose promise is not settled. */
  get unfinishedCount(): number {
    return this.#uncaught.unfinishedCount + this.#deferred.length;
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
      else this.#runObserved(lane, stamp, task, args, received.loans);
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
      if (!this.#payloads.tryPlaceResult(message, lane, slot)) return false;
      this.#waiting.shift();
      this.#complete(lane, stamp, KIND_VALUE, failed);
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
      const fn = this.#functions.plain(task);
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
        if (fn === undefined) {
          this.#runObserved(lane, stamp, task, args, loans);
          return false;
        }
        // A spread takes longer.
        result = args.length === 1 ? fn(args[0]) : fn(...args);
      }
      if (typeof result === "object" && isThenable(result)) {
        const call = this.#startedCall(lane, stamp, task);
        this.#await(call, lane, stamp, result, loans);
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

  /** Runs a function that may leave work behind, or that is not loaded yet. */
  #runObserved(
    lane: Lane,
    stamp: number,
    task: number,
    args: unknown[],
    loans: Loans | null,
  ): void {
    const call = this.#startedCall(lane, stamp, task);
    let result: unknown;
    try {
      result = this.#start(call, args);
      if (typeof result === "object" && isThenable(result)) {
        return this.#await(call, lane, stamp, result, loans);
      }
    } catch (error) {
      if (this.#uncaught.settle(call)) this.#fail(lane, stamp, task, error);
      return;
    }
    if (this.#uncaught.settle(call)) {
      this.#succeed(lane, stamp, task, result, loans);
    }
  }

  #startedCall(lane: Lane, stamp: number, task: number): StartedCall {
    return new StartedCall(
      task,
      (error) => this.#fail(lane, stamp, task, error),
    );
  }

  #runLocally({ task, payload }: WaitingCall): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const fail = (error: unknown) => reject(this.#copyOfError(task, error));
    const call = new StartedCall(task, fail);
    this.#uncaught.await(call);
    // An async function, so that an error that is thrown at once is a rejection too.
    const run = async () =>
      await this.#start(call, this.#keptArguments(payload));
    run().then((value) => this.#payloads.copy(value, "result")).then(
      (copy) => {
        if (this.#uncaught.settle(call)) resolve(copy);
      },
      (error) => {
        if (this.#uncaught.settle(call)) fail(error);
      },
    );
    return promise;
  }

  /** All buffers in them are this thread's own, and the call holds them. */
  #keptArguments(payload: KeptPayload): unknown[] {
    const { sharedBuffers } = this.#endpoint;
    return this.#payloads.readKept(payload, sharedBuffers) as unknown[];
  }

  #copyOfError(task: number, thrown: unknown): unknown {
    return sendThrown(thrown, (value) => {
      const error = this.#functions.explain(task, value);
      return this.#payloads.copy(error, "error");
    });
  }

  #start(call: StartedCall, args: unknown[]): unknown {
    const { task } = call;
    // What a module starts at its top level belongs to no call.
    const fn = this.#functions.loaded(task) ??
      this.#uncaught.runOutside(() => this.#functions.load(task));
    return fn instanceof Promise
      ? fn.then((loaded) => this.#uncaught.run(call, loaded, args))
      : this.#uncaught.run(call, fn, args);
  }

  #await(
    call: StartedCall,
    lane: Lane,
    stamp: number,
    result: PromiseLike<unknown>,
    loans: Loans | null,
  ): void {
    const uncaught = this.#uncaught;
    uncaught.await(call);
    // As `await` does: a then() of the promise's own is not called, and Promise.resolve()
    // makes sure that exactly one of the two functions runs, once.
    Promise.prototype.then.call(
      Promise.resolve(result),
      (value) => {
        if (!uncaught.settle(call)) return;
        try {
          this.#succeed(lane, stamp, call.task, value, loans);
        } catch (error) {
          uncaught.endWith(error);
        }
      },
      (error) => {
        if (!uncaught.settle(call)) return;
        try {
          this.#fail(lane, stamp, call.task, error);
        } catch (error) {
          uncaught.endWith(error);
        }
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
    let kind: number;
    try {
      kind = this.#payloads.tryWriteSmall(lane, slotOf(lane, stamp), value);
    } catch (error) {
      return this.#fail(lane, stamp, task, error);
    }
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
    const message = sendThrown(thrown, (value) => {
      const error = this.#functions.explain(task, value);
      return this.#payloads.encode(error, "error", sent);
    });
    this.#send(lane, stamp, message, sent.held, true);
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
      if (this.#payloads.tryPlaceResult(message, lane, slot)) {
        return this.#complete(lane, stamp, KIND_VALUE, failed);
      }
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
