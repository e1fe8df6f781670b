/**
 * Runs calls for several items: see lib/calls/items.ts.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import {
  type ItemsMode,
  modeOfList,
  PLAIN_MODE,
  someOf,
} from "../calls/items.ts";
import { isThenable } from "../calls/thenable.ts";
import type { Loans } from "../payloads/message_buffers.ts";
import { packNumbers } from "../payloads/numbers.ts";
import {
  KIND_ITEMS,
  KIND_ITEMS_WITH,
  KIND_NUMBERS,
  KIND_SOME,
  NOT_SMALL,
} from "../payloads/payload_kinds.ts";
import type { Payloads } from "../payloads/payloads.ts";
import { runAs, type RunningCall } from "../limits/running_call.ts";
import type { TaskGuard } from "../bridge/task_guard.ts";
import { type EncodedMessage, toBytes } from "../codec/encoder.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Results } from "./results.ts";
import { slotOf } from "./slots.ts";

/** After so many milliseconds, the items that are left are returned to the caller. */
const LIMIT_MS = 0.1;

/** Items between two readings of the clock and of CALL, which may cost more than an item. */
const ITEMS_PER_LOOK = 4;

/** The original: tasks may replace the global one. */
const now = performance.now.bind(performance);

/** Items as they were taken, and how to run them. */
interface Items {
  readonly items: readonly unknown[];
  readonly mode: ItemsMode;
  /** When the call was taken. */
  readonly startMs: number;
  /** What the code of the items sees of the call, if it is controlled or urgent. */
  readonly running?: RunningCall;
}

/** The items of one call. */
export interface TakenItems extends Items {
  readonly lane: Lane;
  readonly stamp: number;
  readonly task: number;
  /** Shared memory in the items. */
  readonly loans: Loans | null;
}

/** What came of the first items of a call. */
export interface RanItems {
  /** Their results, or what they threw. */
  readonly values: unknown[];
  /** Which of these were thrown, by index in ascending order. */
  readonly failed: number[];
  /** Whether an item has returned a promise. */
  wasAsync: boolean;
}

/** The time at which a call begins. */
export function startOfItems(): number {
  return now();
}

/** Reads the values of a call of that kind, which began at that time. */
export function takenItems(
  kind: number,
  values: unknown[],
  startMs: number,
): Items {
  const mode = kind === KIND_ITEMS_WITH
    ? modeOfList(values.pop() as unknown[])
    : PLAIN_MODE;
  return { items: values, mode, startMs };
}

/** Runs items of calls and sends what came of them. */
export class ItemRunner {
  readonly #payloads: Payloads;
  readonly #results: Results;
  readonly #guard: TaskGuard;

  constructor(payloads: Payloads, results: Results, guard: TaskGuard) {
    this.#payloads = payloads;
    this.#results = results;
    this.#guard = guard;
  }

  /**
   * Runs the items in turn, until the time is over or one fails, if the mode does not say
   * otherwise. The result is a promise if an item returns one.
   */
  run(call: TakenItems, fn: AnyFunction): RanItems | Promise<RanItems> {
    const guard = this.#guard;
    guard.toTasks();
    try {
      return call.running === undefined
        ? this.#run(call, fn)
        : runAs(call.running, () => this.#run(call, fn));
    } finally {
      guard.toLibrary();
    }
  }

  #run(call: TakenItems, fn: AnyFunction): RanItems | Promise<RanItems> {
    const { items, mode, startMs, running } = call;
    const { args } = mode;
    const hasArgs = args.length > 0;
    const ran: RanItems = { values: [], failed: [], wasAsync: false };
    const { values } = ran;
    const endMs = mode.runsAll ? Infinity : startMs + LIMIT_MS;
    const itemsPerLook = mode.runsAll ? 1 : ITEMS_PER_LOOK;
    for (let i = 0; i < items.length; i++) {
      try {
        // A spread takes longer.
        const result = hasArgs ? fn(items[i], ...args) : fn(items[i]);
        if (typeof result === "object" && isThenable(result)) {
          return this.#runLater(call, fn, ran, result);
        }
        values.push(result);
      } catch (error) {
        ran.failed.push(values.push(error) - 1);
        if (!mode.settles) break;
      }
      if (i % itemsPerLook !== 0) continue;
      if (running?.isCancelled || now() > endMs) break;
    }
    return ran;
  }

  /** Continues after an item that returned a promise; ends after it, unless all shall run. */
  async #runLater(
    { items, mode, running }: TakenItems,
    fn: AnyFunction,
    ran: RanItems,
    first: PromiseLike<unknown>,
  ): Promise<RanItems> {
    const { values } = ran;
    ran.wasAsync = true;
    let next = () => first as unknown;
    do {
      try {
        values.push(await next());
      } catch (error) {
        ran.failed.push(values.push(error) - 1);
        if (!mode.settles) break;
      }
      if (running?.isCancelled) break;
      next = () => fn(items[values.length], ...mode.args);
    } while (mode.runsAll && values.length < items.length);
    return ran;
  }

  /** Completes a call. */
  complete(call: TakenItems, ran: RanItems): void {
    const { lane, stamp, task, loans, mode } = call;
    const { times } = this.#results;
    times.countItems(lane, slotOf(lane, stamp), task, ran.values.length);
    if (this.#results.isDropped(lane, stamp)) {
      return this.#results.drop(lane, stamp);
    }
    if (ran.failed.length === 0 && this.#tryComplete(call, ran)) return;
    const payloads = this.#payloads;
    const results = this.#results;
    const sent = results.sentTo(lane, loans);
    const thrown = new Set(ran.failed);
    const failed: number[] = [];
    const messages: Uint8Array[] = [];
    const fail = (error: unknown) => {
      const message = results.encodeThrown(task, error, sent);
      failed.push(messages.push(toBytes(message)) - 1);
    };
    // Each result for itself: the others may be sent although one cannot be.
    for (const [i, value] of ran.values.entries()) {
      if (thrown.has(i)) fail(value);
      else {
        try {
          messages.push(toBytes(payloads.encode(value, "result", sent)));
        } catch (error) {
          fail(error);
        }
      }
      if (failed.length > 0 && !mode.settles) break;
    }
    const some = someOf(messages, failed, elapsedUs(call, ran));
    const message = payloads.encode(some, "result", sent);
    try {
      results.move(lane, stamp, sent);
    } catch (error) {
      return results.fail(lane, stamp, task, error);
    }
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
      results.move(lane, stamp, sent);
    } catch {
      return false;
    }
    results.send(lane, stamp, message, sent.held, KIND_ITEMS, false);
    return true;
  }
}

/** The time since a call was taken; Infinity if an item has returned a promise. */
function elapsedUs(call: TakenItems, ran: RanItems): number {
  return ran.wasAsync ? Infinity : (now() - call.startMs) * 1000;
}
