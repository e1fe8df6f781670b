/**
 * Runs calls for several items: see lib/calls/items.ts.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import { someOf } from "../calls/items.ts";
import type { Loans } from "../calls/message_buffers.ts";
import { packNumbers } from "../calls/numbers.ts";
import {
  KIND_ITEMS,
  KIND_NUMBERS,
  KIND_SOME,
  NOT_SMALL,
} from "../calls/payload_kinds.ts";
import type { Payloads } from "../calls/payloads.ts";
import { runAs, type RunningCall } from "../calls/running_call.ts";
import type { TaskGuard } from "../bridge/task_guard.ts";
import { type EncodedMessage, toBytes } from "../codec/encoder.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Functions } from "../tasks/functions.ts";
import { type Results, slotOf } from "./results.ts";

/** After so many milliseconds, the items that are left are returned to the caller. */
const LIMIT_MS = 0.1;

/** Items between two readings of the clock, which may cost more than an item. */
const ITEMS_PER_LOOK = 4;

/** The original: tasks may replace the global one. */
const now = performance.now.bind(performance);

/** The items of one call. */
export interface TakenItems {
  readonly lane: Lane;
  readonly stamp: number;
  readonly task: number;
  readonly items: readonly unknown[];
  /** Shared memory in the items. */
  readonly loans: Loans | null;
  /** When the call was taken. */
  readonly startMs: number;
  /** What the code of the items sees of the call, if it is controlled or urgent. */
  readonly running?: RunningCall;
}

/** What came of the first items of a call. */
export interface RanItems {
  /** Their results. */
  readonly values: unknown[];
  /** What the next item threw, if it failed. */
  failure: { readonly error: unknown } | undefined;
  /** The promise that the next item returned. */
  readonly pending: PromiseLike<unknown> | undefined;
}

/** The time at which a call begins. */
export function startOfItems(): number {
  return now();
}

/** Runs items of calls and sends what came of them. */
export class ItemRunner {
  readonly #payloads: Payloads;
  readonly #functions: Functions;
  readonly #results: Results;
  readonly #guard: TaskGuard;

  constructor(
    payloads: Payloads,
    functions: Functions,
    results: Results,
    guard: TaskGuard,
  ) {
    this.#payloads = payloads;
    this.#guard = guard;
    this.#functions = functions;
    this.#results = results;
  }

  /** Runs the items in turn, until the time is over or one fails. */
  run(call: TakenItems): RanItems {
    return call.running === undefined
      ? this.#run(call)
      : runAs(call.running, () => this.#run(call));
  }

  #run({ task, items, startMs, running }: TakenItems): RanItems {
    const values: unknown[] = [];
    const ran: RanItems = { values, failure: undefined, pending: undefined };
    const guard = this.#guard;
    guard.toTasks();
    try {
      // A function whose calls may have several items is sent as source, and loaded at once.
      const fn = this.#functions.load(task) as AnyFunction;
      const endMs = startMs + LIMIT_MS;
      for (let i = 0; i < items.length; i++) {
        const result = fn(items[i]);
        if (typeof result === "object" && isThenable(result)) {
          return { ...ran, pending: result };
        }
        values.push(result);
        if (running?.isCancelled) break;
        if (i % ITEMS_PER_LOOK === 0 && now() > endMs) break;
      }
    } catch (error) {
      ran.failure = { error };
    } finally {
      guard.toLibrary();
    }
    return ran;
  }

  /** Completes a call. */
  complete(call: TakenItems, ran: RanItems): void {
    const { lane, stamp, task, loans } = call;
    if (this.#results.isDropped(lane, stamp)) {
      return this.#results.drop(lane, stamp);
    }
    if (ran.failure === undefined && this.#tryComplete(call, ran)) return;
    const payloads = this.#payloads;
    const results = this.#results;
    const sent = results.sentTo(lane, loans);
    // Each result for itself, up to the first that cannot be sent.
    let { failure } = ran;
    const messages: Uint8Array[] = [];
    for (const value of ran.values) {
      try {
        messages.push(toBytes(payloads.encode(value, "result", sent)));
      } catch (error) {
        failure = { error };
        break;
      }
    }
    if (failure !== undefined) {
      if (messages.length === 0) {
        return results.fail(lane, stamp, task, failure.error);
      }
      messages.push(toBytes(results.encodeThrown(task, failure.error, sent)));
    }
    const some = someOf(messages, failure !== undefined, elapsedUs(call, ran));
    const message = payloads.encode(some, "result", sent);
    results.send(lane, stamp, message, sent.held, KIND_SOME, false);
  }

  /** Sends all results in one message; false if one cannot be sent, or all are too much. */
  #tryComplete(call: TakenItems, ran: RanItems): boolean {
    const { lane, stamp, loans } = call;
    const { values } = ran;
    const results = this.#results;
    values.push(elapsedUs(call, ran));
    const numbers = packNumbers(values);
    values.pop();
    if (numbers !== undefined) {
      const slot = slotOf(lane, stamp);
      const kind = this.#payloads.tryPlaceResultBytes(
        numbers,
        numbers.length,
        lane,
        slot,
      );
      if (kind !== NOT_SMALL) {
        results.complete(lane, stamp, KIND_NUMBERS, false);
        return true;
      }
    }
    const sent = results.sentTo(lane, loans);
    const last = () => elapsedUs(call, ran);
    let message: EncodedMessage;
    try {
      message = this.#payloads.encodeItems(values, sent, last);
    } catch {
      return false;
    }
    results.send(lane, stamp, message, sent.held, KIND_ITEMS, false);
    return true;
  }
}

/** The time since a call was taken; Infinity if an item has returned a promise. */
function elapsedUs(call: TakenItems, ran: RanItems): number {
  return ran.pending === undefined ? (now() - call.startMs) * 1000 : Infinity;
}

/** Whether the value is a promise, or is awaited as one. */
export function isThenable(
  value: object | null,
): value is PromiseLike<unknown> {
  return value !== null &&
    typeof (value as PromiseLike<unknown>).then === "function";
}
