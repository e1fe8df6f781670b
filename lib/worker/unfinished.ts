/**
 * Calls whose outcome is not known when their function returns.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import { MAIN_THREAD } from "../bridge/layout.ts";
import type { TaskGuard } from "../bridge/task_guard.ts";
import type { Results } from "./results.ts";
import { slotOf } from "./slots.ts";
import type { ServedCalls } from "./served_calls.ts";
import { StartedCall, type UncaughtErrors } from "./uncaught.ts";

/** Awaits such calls and sends their outcomes, each once. */
export class UnfinishedCalls {
  readonly #guard: TaskGuard;
  readonly #results: Results;
  readonly #served: ServedCalls;
  readonly #uncaught: UncaughtErrors;

  constructor(
    guard: TaskGuard,
    results: Results,
    served: ServedCalls,
    uncaught: UncaughtErrors,
  ) {
    this.#guard = guard;
    this.#results = results;
    this.#served = served;
    this.#uncaught = uncaught;
  }

  /** The call of a task, whose code is about to start. */
  start(lane: Lane, stamp: number, task: number): StartedCall {
    const guard = this.#guard;
    const fail = (error: unknown): void => {
      // Also called when an error is uncaught.
      if (guard.isInTasks) return guard.inLibrary(() => fail(error));
      this.#results.fail(lane, stamp, task, error);
    };
    const running = this.#served.find(lane, slotOf(lane, stamp));
    const isOfMain = lane.owner === MAIN_THREAD;
    const isWrapped = running?.isWrapped;
    const call = new StartedCall(task, fail, isOfMain, running, isWrapped);
    if (running !== undefined) running.started = call;
    return call;
  }

  /**
   * Awaits what the function of a call has returned.
   *
   * @param succeed Sends its value.
   */
  await(
    call: StartedCall,
    result: PromiseLike<unknown>,
    succeed: (value: unknown) => void,
  ): void {
    this.#uncaught.await(call);
    // As `await` does: a then() of the promise's own is not called, and Promise.resolve()
    // makes sure that exactly one of the two functions runs, once.
    Promise.prototype.then.call(
      Promise.resolve(result),
      (value) => this.#settle(call, value, succeed),
      (error) => this.#settle(call, error, call.reject),
    );
  }

  /** Sends the outcome of a promise, unless the call is settled already. */
  #settle(
    call: StartedCall,
    outcome: unknown,
    send: (outcome: unknown) => void,
  ): void {
    const guard = this.#guard;
    if (guard.isInTasks) {
      return guard.inLibrary(() => this.#settle(call, outcome, send));
    }
    if (!this.#uncaught.settle(call)) return;
    try {
      send(outcome);
    } catch (error) {
      this.#uncaught.endWith(error);
    }
  }
}
