/**
 * Runs calls and completes them.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import type { Lane } from "../bridge/lane.ts";
import {
  type KeptPayload,
  KIND_NUMBER,
  NO_ROOM,
  type Payloads,
} from "../calls/payloads.ts";
import type { Loans } from "../calls/shared_buffers.ts";
import {
  KIND_MASK,
  returned,
  running,
  submittedTask,
  threw,
} from "../bridge/slot_state.ts";
import type { WaitingCall } from "../calls/waiting_calls.ts";
import { PayloadTooLargeError } from "../errors.ts";
import type { Functions } from "../tasks/functions.ts";

/** A result for which the arena had no room. */
interface WaitingResult {
  /** Buffers to keep until the result can be read. */
  readonly held: SharedArrayBuffer[] | null;
  readonly lane: Lane;
  readonly stamp: number;
  readonly payload: KeptPayload;
  readonly failed: boolean;
}

/** Between taking a call and handing back its outcome. */
export class Runner {
  readonly #endpoint: Endpoint;
  readonly #payloads: Payloads;
  readonly #functions: Functions;
  readonly #thread: number;
  readonly #running: number;
  readonly #waiting: WaitingResult[] = [];
  #unfinishedCount = 0;

  constructor(endpoint: Endpoint, functions: Functions) {
    this.#endpoint = endpoint;
    this.#payloads = endpoint.payloads;
    this.#functions = functions;
    this.#thread = endpoint.thread;
    this.#running = running(endpoint.serial);
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

  /** Whether results wait for room, so that no more calls should be run. */
  mustWait(): boolean {
    return this.#waiting.length !== 0 && !this.canGoOn();
  }

  /** Sends results that wait for room; true when all are sent. */
  canGoOn(): boolean {
    while (this.#waiting.length !== 0) {
      const { lane, stamp, payload, failed } = this.#waiting[0];
      const kind = this.#payloads.writeKept(
        lane,
        lane.results,
        slotOf(lane, stamp),
        payload,
      );
      if (kind === NO_ROOM) return false;
      this.#waiting.shift();
      this.#push(lane, stamp, kind, failed);
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
    lane.setMeta(slot, this.#running);
    let result: unknown;
    let loans: Loans | null = null;
    try {
      const fn = this.#functions.ready(task);
      if (fn !== undefined && kind === KIND_NUMBER) {
        result = fn(lane.arguments.number(slot));
      } else {
        // Read first: the memory goes back to the caller at once, however long an import
        // takes.
        const args = this.#payloads.readArguments(lane, slot, kind);
        loans = this.#endpoint.sharedBuffers.takeLoans();
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
      lane.results.setNumber(slot, result);
      this.#push(lane, stamp, KIND_NUMBER, false);
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
    // Promise.resolve() makes sure that only one of the two is called, and once.
    Promise.resolve(result).then(
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
    let kind: number;
    try {
      this.#endpoint.sharedBuffers.setTargets(lane.owners, loans);
      kind = this.#payloads.writeResult(lane, slotOf(lane, stamp), value);
    } catch (error) {
      this.#fail(lane, stamp, task, error);
      return;
    }
    if (kind === NO_ROOM) this.#wait(lane, stamp, false);
    else this.#push(lane, stamp, kind, false);
  }

  #fail(lane: Lane, stamp: number, task: number, thrown: unknown): void {
    const slot = slotOf(lane, stamp);
    let kind: number;
    try {
      this.#endpoint.sharedBuffers.setTargets(lane.owners);
      const error = this.#functions.explain(task, thrown);
      kind = this.#payloads.writeError(lane, slot, error);
    } catch (problem) {
      // What was thrown cannot cross: say at least what it was, or why it cannot.
      try {
        const isTooLarge = problem instanceof PayloadTooLargeError;
        const stand = thrown instanceof Error && !isTooLarge
          ? plainError(thrown)
          : problem;
        kind = this.#payloads.writeError(lane, slot, stand);
      } catch {
        const least = new Error(
          "Cannot send what the task threw: reading it throws, or it is too large",
        );
        kind = this.#payloads.writeError(lane, slot, least);
      }
    }
    if (kind === NO_ROOM) this.#wait(lane, stamp, true);
    else this.#push(lane, stamp, kind, true);
  }

  #wait(lane: Lane, stamp: number, failed: boolean): void {
    const held = this.#endpoint.sharedBuffers.takeHeld();
    this.#waiting.push({
      lane,
      stamp,
      payload: this.#payloads.keep(),
      failed,
      held,
    });
  }

  /** RUNNING => DONE. */
  #push(lane: Lane, stamp: number, kind: number, failed: boolean): void {
    const thread = this.#thread;
    lane.setMeta(
      slotOf(lane, stamp),
      failed ? threw(thread, kind) : returned(thread, kind),
    );
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
