/**
 * Calls for several items, from their arguments to their outcome.
 *
 * @module
 */

import { isThenable } from "../calls/thenable.ts";
import { runWrapped } from "../calls/wrappers.ts";
import type { Functions } from "../tasks/functions.ts";
import type { ItemRunner, RanItems, TakenItems } from "./item_runner.ts";
import type { Results } from "./results.ts";
import { slotOf } from "./slots.ts";
import type { ServedCalls } from "./served_calls.ts";
import type { TaskStarter } from "./task_starter.ts";
import type { StartedCall, UncaughtErrors } from "./uncaught.ts";
import type { UnfinishedCalls } from "./unfinished.ts";

/** What the calls need of their worker. */
export interface ServedItemsHost {
  readonly functions: Functions;
  readonly results: Results;
  readonly served: ServedCalls;
  readonly starter: TaskStarter;
  readonly uncaught: UncaughtErrors;
  readonly unfinished: UnfinishedCalls;
}

/** Runs the items of such calls and sends their outcomes. */
export class ServedItems {
  readonly #items: ItemRunner;
  readonly #host: ServedItemsHost;

  constructor(items: ItemRunner, host: ServedItemsHost) {
    this.#items = items;
    this.#host = host;
  }

  /** Runs the items of a call. */
  run(items: TakenItems): void {
    const { lane, stamp, task } = items;
    const { functions, served, unfinished } = this.#host;
    const running = served.find(lane, slotOf(lane, stamp));
    const call = running === undefined ? items : { ...items, running };
    const fn = functions.plain(task);
    if (fn === undefined || items.mode.wrappers !== undefined) {
      return this.#runObserved(call);
    }
    const ran = this.#items.run(call, fn);
    if (!isThenable(ran)) return this.#items.complete(call, ran);
    this.#await(unfinished.start(lane, stamp, task), call, ran);
  }

  /** The same for a function that is wrapped, may leave work behind, or is not loaded yet. */
  #runObserved(call: TakenItems): void {
    const { lane, stamp, task } = call;
    const { results, starter, uncaught, unfinished } = this.#host;
    const started = unfinished.start(lane, stamp, task);
    const { wrappers = [] } = call.mode;
    let ran: unknown;
    try {
      ran = starter.loadAll(task, wrappers, (fn, tasks) => {
        const run = () => this.#items.run(call, fn);
        return uncaught.run(
          started,
          () => runWrapped(wrappers, tasks, run),
          [],
        );
      });
    } catch (error) {
      if (uncaught.settle(started)) {
        results.fail(lane, stamp, task, error);
      }
      return;
    }
    this.#await(started, call, ran);
  }

  #await(started: StartedCall, call: TakenItems, ran: unknown): void {
    const complete = (ran: unknown) =>
      this.#items.complete(call, ran as RanItems);
    if (isThenable(ran as object)) {
      const pending = ran as PromiseLike<unknown>;
      this.#host.unfinished.await(started, pending, complete);
    } else if (this.#host.uncaught.settle(started)) complete(ran);
  }
}
