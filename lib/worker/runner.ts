/**
 * Runs the calls that a worker takes, and completes them.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import { MAIN_THREAD } from "../bridge/layout.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import {
  CONTROLLED,
  type KeptPayload,
  KIND_NUMBER,
  KIND_OF_ITEMS,
  WRAPPED,
} from "../payloads/payload_kinds.ts";
import type { Payloads } from "../payloads/payloads.ts";
import type { TaskGuard } from "../bridge/task_guard.ts";
import { type Loans, ReceivedParts } from "../payloads/message_buffers.ts";
import { KIND_MASK, submittedTask } from "../bridge/slot_state.ts";
import type { Priority } from "../calls/plan.ts";
import { isThenable } from "../calls/thenable.ts";
import { enterCall } from "../limits/running_call.ts";
import type { Functions } from "../tasks/functions.ts";
import { ItemRunner, startOfItems, takenItems } from "./item_runner.ts";
import { LocalCalls } from "./local_calls.ts";
import { Results } from "./results.ts";
import { RunTimes } from "./run_times.ts";
import { type ServedCall, ServedCalls } from "./served_calls.ts";
import { ServedItems } from "./served_items.ts";
import { slotOf } from "./slots.ts";
import { TaskStarter, type WatchRun } from "./task_starter.ts";
import type { StartedCall, UncaughtErrors } from "./uncaught.ts";
import { UnfinishedCalls } from "./unfinished.ts";

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
  readonly #items: ServedItems;
  readonly #unfinished: UnfinishedCalls;
  readonly #local: LocalCalls;
  readonly #serial: number;
  readonly #guard: TaskGuard;
  readonly #served: ServedCalls;
  readonly #times: RunTimes;
  readonly #deferred: DeferredCall[] = [];
  /** How many calls of the main thread may be unfinished. */
  readonly #limit: number;

  /**
   * @param limit How many calls of the main thread may be unfinished at once.
   * @param watch Watches functions that may leave work behind, as those of event loops do.
   */
  constructor(
    endpoint: Endpoint,
    functions: Functions,
    uncaught: UncaughtErrors,
    limit: number = Infinity,
    watch?: WatchRun,
  ) {
    this.#limit = limit;
    this.#served = new ServedCalls(endpoint);
    const times = this.#times = new RunTimes(endpoint);
    this.results = new Results(endpoint, functions, this.#served, times);
    this.#endpoint = endpoint;
    this.#payloads = endpoint.payloads;
    this.#functions = functions;
    this.#uncaught = uncaught;
    this.#starter = new TaskStarter(functions, uncaught, watch);
    this.#local = new LocalCalls(
      endpoint,
      functions,
      uncaught,
      this.#starter,
      times,
    );
    this.#unfinished = new UnfinishedCalls(
      endpoint.guard,
      this.results,
      this.#served,
      uncaught,
    );
    this.#items = new ServedItems(
      new ItemRunner(endpoint.payloads, this.results, endpoint.guard),
      {
        functions,
        results: this.results,
        served: this.#served,
        starter: this.#starter,
        uncaught,
        unfinished: this.#unfinished,
      },
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
    for (const { lane } of this.#deferred) {
      if (lane.owner === MAIN_THREAD) count++;
    }
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
        this.#items.run({ lane, stamp, task, loans, ...items });
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
      return this.#runServed(lane, stamp, task, kind, priority);
    }
    this.#times.begin(lane, slot, task);
    return this.#runQuickly(lane, stamp, task, kind);
  }

  /**
   * Runs a call for one item, as one that most likely ends at once.
   *
   * @param served What its code sees, if it is controlled or urgent.
   * @returns See {@linkcode Runner.run}.
   */
  #runQuickly(
    lane: Lane,
    stamp: number,
    task: number,
    kind: number,
    served?: ServedCall,
  ): boolean {
    const slot = slotOf(lane, stamp);
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
          if (served !== undefined) this.#served.add(lane, slot, served);
          this.#deferred.push({ lane, stamp, task, args, received });
          return false;
        }
        loans = received.loans;
        if (fn === undefined) {
          if (served !== undefined) this.#served.add(lane, slot, served);
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
      if (served !== undefined) this.#served.add(lane, slot, served);
      const call = this.#unfinished.start(lane, stamp, task);
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
  ): boolean {
    const slot = slotOf(lane, stamp);
    const call = this.#served.tryBegin(lane, slot, meta, priority);
    if (call === undefined) {
      this.results.drop(lane, stamp);
      return true;
    }
    const kind = meta & ~(CONTROLLED | WRAPPED);
    if (call.isWrapped) this.#times.beginWatched(lane, slot, task);
    else this.#times.begin(lane, slot, task);
    if (kind >= KIND_OF_ITEMS || call.isWrapped) {
      this.#served.add(lane, slot, call);
      this.#takeServed(lane, stamp, task, kind);
      return false;
    }
    const outer = enterCall(call);
    const isDone = this.#runQuickly(lane, stamp, task, kind, call);
    enterCall(outer);
    if (!call.isUnfinished) this.#served.finish(call);
    return isDone;
  }

  /** Runs a call that is wrapped or has several items. */
  #takeServed(
    lane: Lane,
    stamp: number,
    task: number,
    kind: number,
  ): void {
    const startMs = startOfItems();
    const slot = slotOf(lane, stamp);
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
      return;
    }
    if (kind < KIND_OF_ITEMS) {
      return this.#runObserved(lane, stamp, task, args, loans);
    }
    const taken = takenItems(kind, args, startMs);
    this.#items.run({ lane, stamp, task, loans, ...taken });
  }

  /** Runs a function that may leave work behind, or that is not loaded yet. */
  #runObserved(
    lane: Lane,
    stamp: number,
    task: number,
    args: unknown[],
    loans: Loans | null,
  ): void {
    const call = this.#unfinished.start(lane, stamp, task);
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

  #awaitResult(
    call: StartedCall,
    result: PromiseLike<unknown>,
    lane: Lane,
    stamp: number,
    loans: Loans | null,
  ): void {
    const { task } = call;
    this.#unfinished.await(call, result, (value) => {
      this.results.succeed(lane, stamp, task, value, loans);
    });
  }
}
