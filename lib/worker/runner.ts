/**
 * Runs the calls that a worker takes, and completes them.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import {
  CONTROLLED,
  type KeptPayload,
  KIND_NUMBER,
  KIND_OF_ITEMS,
} from "../calls/payload_kinds.ts";
import type { Payloads } from "../calls/payloads.ts";
import type { TaskGuard } from "../bridge/task_guard.ts";
import { type Loans, ReceivedParts } from "../calls/message_buffers.ts";
import { KIND_MASK, submittedTask } from "../bridge/slot_state.ts";
import type { Priority } from "../calls/plan.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Functions } from "../tasks/functions.ts";
import {
  isThenable,
  ItemRunner,
  type RanItems,
  startOfItems,
  type TakenItems,
  takenItems,
} from "./item_runner.ts";
import { LocalCalls } from "./local_calls.ts";
import { Results, slotOf } from "./results.ts";
import { RunTimes } from "./run_times.ts";
import { ServedCalls } from "./served_calls.ts";
import { TaskStarter } from "./task_starter.ts";
import { StartedCall, type UncaughtErrors } from "./uncaught.ts";

/** Index of the main thread. */
const MAIN = 0;

/** A call whose arguments contain a buffer that has not arrived yet. */
interface DeferredCall {
  readonly lane: Lane;
  readonly received: ReceivedParts;
  readonly stamp: number;
  readonly task: number;
  readonly args: KeptPayload;
}

/** Runs taken calls and sends their results or errors. */
export class Runner {
  /** The results and errors. */
  readonly results: Results;
  readonly #endpoint: Endpoint;
  readonly #payloads: Payloads;
  readonly #functions: Functions;
  readonly #uncaught: UncaughtErrors;
  readonly #starter: TaskStarter;
  readonly #items: ItemRunner;
  readonly #local: LocalCalls;
  readonly #serial: number;
  readonly #guard: TaskGuard;
  readonly #served: ServedCalls;
  readonly #times: RunTimes;
  readonly #deferred: DeferredCall[] = [];
  /** How many calls of the main thread may be unfinished. */
  readonly #limit: number;

  /** @param limit How many calls of the main thread may be unfinished at once. */
  constructor(
    endpoint: Endpoint,
    functions: Functions,
    uncaught: UncaughtErrors,
    limit: number = Infinity,
  ) {
    this.#limit = limit;
    this.#served = new ServedCalls(endpoint);
    const times = this.#times = new RunTimes(endpoint);
    this.results = new Results(endpoint, functions, this.#served, times);
    this.#endpoint = endpoint;
    this.#payloads = endpoint.payloads;
    this.#functions = functions;
    this.#uncaught = uncaught;
    this.#starter = new TaskStarter(functions, uncaught);
    this.#local = new LocalCalls(
      endpoint,
      functions,
      uncaught,
      this.#starter,
      times,
    );
    this.#items = new ItemRunner(
      endpoint.payloads,
      this.results,
      endpoint.guard,
    );
    this.#serial = endpoint.serial;
    this.#guard = endpoint.guard;
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
    call.resolve(this.#local.run(call));
    return true;
  }

  /** Number of deferred calls and of calls whose promise is not settled. */
  get unfinishedCount(): number {
    return this.#uncaught.unfinishedCount + this.#deferred.length;
  }

  /** Whether so many calls of the main thread are unfinished that it may take no more. */
  get isFull(): boolean {
    let count = this.#uncaught.mainCount;
    for (const { lane } of this.#deferred) if (lane.owner === MAIN) count++;
    return count >= this.#limit;
  }

  /** Calls a function whenever one of them has settled. */
  watchFewer(onFewer: () => void): void {
    this.#uncaught.onFewer = onFewer;
  }

  /** Whether calls wait for buffers in their arguments. */
  get hasDeferred(): boolean {
    return this.#deferred.length !== 0;
  }

  /** Whether signals of calls are in use, which may have to be aborted after news. */
  get watchesSignals(): boolean {
    return this.#served.watchesAny;
  }

  /** Aborts the signals of the calls that were cancelled. */
  abortCancelled(): void {
    this.#served.abortCancelled((call, abort) =>
      call === undefined ? abort() : this.#uncaught.run(call, abort, [])
    );
  }

  /** Runs the deferred calls whose buffers have arrived, which the sender announces. */
  runDeferred(): void {
    for (const call of this.#deferred.splice(0)) {
      const { lane, stamp, task, received } = call;
      let args: unknown[] | KeptPayload;
      try {
        args = this.#payloads.readKept(call.args, received);
      } catch (error) {
        this.results.fail(lane, stamp, task, error);
        continue;
      }
      const { loans } = received;
      if (!Array.isArray(args)) this.#deferred.push(call);
      else if (call.args.kind >= KIND_OF_ITEMS) {
        const items = takenItems(call.args.kind, args, startOfItems());
        this.#runItems({ lane, stamp, task, loans, ...items });
      } else this.#runObserved(lane, stamp, task, args, loans);
    }
  }

  /**
   * Runs the call that was taken last from `lane`.
   *
   * @param stamp The stamp of that call.
   * @param priority Its priority.
   * @returns True when the call has returned a number and is completed. False when the
   * worker must check whether it now needs its event loop.
   */
  run(lane: Lane, stamp: number, priority: Priority): boolean {
    const slot = slotOf(lane, stamp);
    const meta = lane.taken.meta;
    const task = submittedTask(meta);
    const kind = meta & KIND_MASK;
    // SUBMITTED => RUNNING: from here on, the call is lost if this worker ends.
    lane.markRunning(slot, this.#serial);
    if (kind >= KIND_OF_ITEMS || priority !== "normal") {
      this.#runServed(lane, stamp, task, kind, priority);
      return false;
    }
    this.#times.begin(lane, slot, task);
    let result: unknown;
    let loans: Loans | null = null;
    let pending: PromiseLike<unknown> | undefined;
    const guard = this.#guard;
    try {
      const fn = this.#functions.plain(task);
      if (fn !== undefined && kind === KIND_NUMBER) {
        if (guard.isActive) guard.toTasks();
        result = fn(lane.taken.number);
      } else {
        // Read before a task is imported, which may take long: the caller gets its block
        // back at once.
        const received = this.#receivedFor(lane, slot);
        const args = this.#payloads.readArguments(lane, slot, kind, received);
        if (!Array.isArray(args)) {
          this.#deferred.push({ lane, stamp, task, args, received });
          return false;
        }
        loans = received.loans;
        if (fn === undefined) {
          this.#runObserved(lane, stamp, task, args, loans);
          return false;
        }
        if (guard.isActive) guard.toTasks();
        // A spread takes longer.
        result = args.length === 1 ? fn(args[0]) : fn(...args);
      }
      if (typeof result === "object" && isThenable(result)) pending = result;
      if (guard.isInTasks) guard.toLibrary();
    } catch (error) {
      if (guard.isInTasks) guard.toLibrary();
      this.results.fail(lane, stamp, task, error);
      return false;
    }
    if (typeof result === "number") {
      lane.setNumber(lane.resultValue(slot), result);
      this.results.complete(lane, stamp, KIND_NUMBER, false);
      return true;
    }
    if (pending === undefined) {
      this.results.succeed(lane, stamp, task, result, loans);
    } else {
      const call = this.#startedCall(lane, stamp, task);
      this.#awaitResult(call, pending, lane, stamp, loans);
    }
    return false;
  }

  #receivedFor(lane: Lane, slot: number): ReceivedParts {
    const { sharedBuffers, moved } = this.#endpoint;
    return new ReceivedParts(sharedBuffers, moved, lane, slot);
  }

  /** Runs a call that is controlled or urgent, or has several items. */
  #runServed(
    lane: Lane,
    stamp: number,
    task: number,
    meta: number,
    priority: Priority,
  ): void {
    const startMs = startOfItems();
    const slot = slotOf(lane, stamp);
    if (!this.#served.tryBegin(lane, slot, meta, priority)) {
      return this.results.drop(lane, stamp);
    }
    this.#times.begin(lane, slot, task);
    const kind = meta & ~CONTROLLED;
    const received = this.#receivedFor(lane, slot);
    let args: unknown[] | KeptPayload;
    try {
      args = this.#payloads.readArguments(lane, slot, kind, received);
    } catch (error) {
      return this.results.fail(lane, stamp, task, error);
    }
    const { loans } = received;
    if (!Array.isArray(args)) {
      this.#deferred.push({ lane, stamp, task, args, received });
    } else if (kind >= KIND_OF_ITEMS) {
      const taken = takenItems(kind, args, startMs);
      this.#runItems({ lane, stamp, task, loans, ...taken });
    } else this.#runObserved(lane, stamp, task, args, loans);
  }

  #runItems(items: TakenItems): void {
    const { lane, stamp, task } = items;
    const running = this.#served.find(lane, slotOf(lane, stamp));
    const call = running === undefined ? items : { ...items, running };
    const fn = this.#functions.plain(task);
    if (fn === undefined) return this.#runObservedItems(call);
    const ran = this.#items.run(call, fn);
    if (!isThenable(ran)) return this.#items.complete(call, ran);
    this.#awaitItems(this.#startedCall(lane, stamp, task), call, ran);
  }

  /** The same for a function that may leave work behind, or that is not loaded yet. */
  #runObservedItems(call: TakenItems): void {
    const { lane, stamp, task } = call;
    const started = this.#startedCall(lane, stamp, task);
    const run = (fn: AnyFunction) =>
      this.#uncaught.run(started, () => this.#items.run(call, fn), []);
    let ran: unknown;
    try {
      const fn = this.#starter.load(task);
      ran = fn instanceof Promise ? fn.then(run) : run(fn);
    } catch (error) {
      if (this.#uncaught.settle(started)) {
        this.results.fail(lane, stamp, task, error);
      }
      return;
    }
    this.#awaitItems(started, call, ran);
  }

  #awaitItems(started: StartedCall, call: TakenItems, ran: unknown): void {
    const complete = (ran: unknown) =>
      this.#items.complete(call, ran as RanItems);
    if (isThenable(ran as object)) {
      this.#await(started, ran as PromiseLike<unknown>, complete);
    } else if (this.#uncaught.settle(started)) complete(ran);
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
    const guard = this.#guard;
    let result: unknown;
    let pending: PromiseLike<unknown> | undefined;
    guard.toTasks();
    try {
      result = this.#starter.start(call, args);
      if (typeof result === "object" && isThenable(result)) pending = result;
      guard.toLibrary();
    } catch (error) {
      guard.toLibrary();
      if (this.#uncaught.settle(call)) {
        this.results.fail(lane, stamp, task, error);
      }
      return;
    }
    if (pending !== undefined) {
      this.#awaitResult(call, pending, lane, stamp, loans);
    } else if (this.#uncaught.settle(call)) {
      this.results.succeed(lane, stamp, task, result, loans);
    }
  }

  #startedCall(lane: Lane, stamp: number, task: number): StartedCall {
    const guard = this.#guard;
    const fail = (error: unknown): void => {
      // Also called when an error is uncaught.
      if (guard.isInTasks) return guard.inLibrary(() => fail(error));
      this.results.fail(lane, stamp, task, error);
    };
    const running = this.#served.find(lane, slotOf(lane, stamp));
    const isOfMain = lane.owner === MAIN;
    const call = new StartedCall(task, fail, isOfMain, running);
    if (running !== undefined) running.started = call;
    return call;
  }

  #awaitResult(
    call: StartedCall,
    result: PromiseLike<unknown>,
    lane: Lane,
    stamp: number,
    loans: Loans | null,
  ): void {
    const { task } = call;
    this.#await(call, result, (value) => {
      this.results.succeed(lane, stamp, task, value, loans);
    });
  }

  #await(
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
