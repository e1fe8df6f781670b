/**
 * Uncaught errors: finds the call that an error belongs to, and rejects that call.
 *
 * A task may leave code behind, in a timer or in a promise that it does not await. That
 * code may throw while the worker runs other calls. The steps:
 *
 * 1. A function that may leave work behind runs with its call in an AsyncLocalStorage.
 *    Everything that the function starts inherits the call.
 * 2. When an error is uncaught, the storage holds the call. Deno and Bun restore the
 *    storage for some kinds of errors only. Callbacks of timers and microtasks therefore
 *    record their call when they throw. On Bun, only the stack of a rejected promise's
 *    error is known; it names the task.
 * 3. If the call is unfinished, it rejects with the error. If it is settled, the error is
 *    printed. The worker continues in both cases.
 * 4. If the call is unknown, any unfinished call may wait for something that the error has
 *    prevented. If there is one, it rejects with the error. If there are several, the
 *    worker ends, and all of them reject.
 *
 * @module
 */

import type { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import { EndingError } from "../bridge/task_guard.ts";
import { CALLED_FROM, CALLED_LIKE } from "../calls/call_sites.ts";
import {
  findRunningCall,
  runAs,
  type RunningCall,
} from "../limits/running_call.ts";
import type { AnyFunction } from "../tasks/function.ts";

/** A call that has started. Code that it leaves behind refers to it, also after its end. */
export class StartedCall {
  /** Number of its task. */
  readonly task: number;
  /** Whether its outcome is decided. */
  isSettled = false;
  /** Sends an error to the caller. */
  readonly reject: (error: unknown) => void;
  /** Whether the main thread has made the call. */
  readonly isOfMainThread: boolean;
  /** What its code sees of it, if it is controlled or urgent. */
  readonly running: RunningCall | undefined;
  /** Whether its last argument is a list of wrappers. */
  readonly isWrapped: boolean;

  /**
   * @param task Number of its task.
   * @param reject Sends an error to the caller.
   * @param isOfMainThread Whether the main thread has made the call.
   * @param running What its code sees of it.
   * @param isWrapped Whether its last argument is a list of wrappers.
   */
  constructor(
    task: number,
    reject: (error: unknown) => void,
    isOfMainThread: boolean = false,
    running?: RunningCall,
    isWrapped: boolean = false,
  ) {
    this.task = task;
    this.reject = reject;
    this.isOfMainThread = isOfMainThread;
    this.running = running;
    this.isWrapped = isWrapped;
  }
}

/** An error that is about to be reported as uncaught, and the call whose code threw it. */
interface Thrown {
  readonly error: unknown;
  /** Null for an error of the worker itself. */
  readonly call: StartedCall | null;
}

/** A task number in a stack, which may contain several. */
const TASK_IN_STACK = /loom-task:(\d+)/g;

/** The uncaught errors of one worker. */
export class UncaughtErrors {
  /** Created with the first call that may leave work behind. */
  #storage: AsyncLocalStorage<StartedCall | undefined> | undefined;
  readonly #unfinished = new Set<StartedCall>();
  /** Number of calls of the main thread whose promise is not settled. */
  mainCount = 0;
  /** Called when there is one less call whose promise is not settled. */
  onFewer: () => void = () => {};
  readonly #describe: (task: number) => string;
  readonly #report: (error: unknown) => void;
  /** Errors that were printed: a timer may throw the same error repeatedly. */
  readonly #printed = new Set<string>();
  #thrown: Thrown | undefined;
  #hasEnded = false;

  /**
   * @param describe Returns the name of a task for messages.
   * @param report Called with the error that ends the worker.
   */
  constructor(
    describe: (task: number) => string,
    report: (error: unknown) => void = () => {},
  ) {
    this.#describe = describe;
    this.#report = report;
  }

  /** Number of calls whose promise is not settled. */
  get unfinishedCount(): number {
    return this.#unfinished.size;
  }

  /**
   * Handles all uncaught errors of this thread from now on, and lets code find the call that it
   * belongs to.
   */
  listen(): void {
    findRunningCall(() => this.#storage?.getStore()?.running);
    this.#recordThrower("setTimeout");
    this.#recordThrower("setInterval");
    this.#recordThrower("setImmediate");
    this.#recordThrower("queueMicrotask");
    process.on("uncaughtException", (error) => this.handle(error));
    process.on("unhandledRejection", (reason) => this.handle(reason));
  }

  /** Runs a function as code of `call`, to which everything that it starts belongs. */
  run(call: StartedCall, fn: AnyFunction, args: unknown[]): unknown {
    const storage = this.#storage ??= createStorage();
    return call.running === undefined
      ? storage.run(call, fn, ...args)
      : runAs(call.running, () => storage.run(call, fn, ...args));
  }

  /** Runs a function as code that belongs to no call. */
  runOutside<T>(fn: () => T): T {
    return this.#storage === undefined
      ? fn()
      : this.#storage.run(undefined, fn);
  }

  /** Counts a call as unfinished: its function has returned a promise. */
  await(call: StartedCall): void {
    if (call.isSettled) return;
    this.#unfinished.add(call);
    if (call.isOfMainThread) this.mainCount++;
  }

  /**
   * Marks the call as settled.
   *
   * @returns False when it was settled before, or is lost with this worker, so that this
   * outcome must be ignored.
   */
  settle(call: StartedCall): boolean {
    if (call.isSettled || this.#hasEnded) return false;
    call.isSettled = true;
    if (this.#unfinished.delete(call)) {
      if (call.isOfMainThread) this.mainCount--;
      this.onFewer();
    }
    return true;
  }

  /**
   * The worker exits: no call settles any more, and errors are ignored. On Deno 2.9, timers
   * that are due still run.
   */
  end(): void {
    this.#hasEnded = true;
  }

  /** Throws an error of the worker itself. It ends the worker, whichever call's code runs. */
  endWith(error: unknown): never {
    this.#thrown = { error, call: null };
    throw error;
  }

  /** Handles an error that code of a call has not caught. */
  handle(error: unknown): void {
    try {
      // The worker is being ended. An error of this listener would make it exit: see exit.ts.
      if (!(error instanceof EndingError)) this.#assign(error);
    } catch (thrown) {
      if (!(thrown instanceof EndingError)) throw thrown;
    }
  }

  #assign(error: unknown): void {
    if (this.#hasEnded) return;
    const thrown = this.#thrown;
    this.#thrown = undefined;
    if (thrown !== undefined && thrown.error === error) {
      if (thrown.call === null) this.#endWorker(error);
      return this.#reject(thrown.call, error);
    }
    const call = this.#storage?.getStore();
    if (call !== undefined) return this.#reject(call, error);
    this.#handleUnknown(error);
  }

  #endWorker(error: unknown): never {
    this.#report(error);
    // An error that a listener of uncaught errors throws ends the worker.
    throw error;
  }

  #reject(call: StartedCall, error: unknown): void {
    if (this.settle(call)) call.reject(error);
    else this.#print(error, call.task);
  }

  #handleUnknown(error: unknown): void {
    const task = taskInStack(error);
    const unfinished = [...this.#unfinished]
      .filter((call) => task === undefined || call.task === task);
    if (unfinished.length === 0) return this.#print(error, task);
    if (unfinished.length > 1) this.#endWorker(error);
    this.#reject(unfinished[0], error);
  }

  #print(error: unknown, task: number | undefined): void {
    const key = `${task} ${textOf(error)}`;
    if (this.#printed.has(key)) return;
    this.#printed.add(key);
    const reason = task === undefined
      ? "no unfinished call can have caused it"
      : `the call of ${this.#describe(task)} that caused it has ended`;
    console.warn(
      `loom: Cannot report uncaught error to a caller: ${reason}; ` +
        `await every promise, and catch errors in timers and listeners\n${
          stackOf(error)
        }`,
    );
  }

  /** Makes a global function record the call whose callback throws. */
  #recordThrower(
    name: "setTimeout" | "setInterval" | "setImmediate" | "queueMicrotask",
  ): void {
    const globals = globalThis as unknown as Record<string, AnyFunction>;
    const schedule = globals[name];
    const recording = (callback: unknown, ...rest: unknown[]) => {
      const call = this.#storage?.getStore();
      return call === undefined || typeof callback !== "function"
        ? schedule(callback, ...rest)
        : schedule(this.#recording(call, callback as AnyFunction), ...rest);
    };
    // One of these properties is for util.promisify().
    Object.defineProperties(
      recording,
      Object.getOwnPropertyDescriptors(schedule),
    );
    globals[name] = recording;
  }

  #recording(call: StartedCall, callback: AnyFunction): AnyFunction {
    const record = (error: unknown) => this.#thrown = { error, call };
    return function (this: unknown, ...args: unknown[]) {
      try {
        return callback.apply(this, args);
      } catch (error) {
        record(error);
        throw error;
      }
    };
  }
}

/** Loads the module when it is first needed, as `lib/runtime_context.ts` does. */
function createStorage(): AsyncLocalStorage<StartedCall | undefined> {
  const hooks = process.getBuiltinModule("node:async_hooks");
  return new hooks.AsyncLocalStorage<StartedCall | undefined>();
}

/**
 * The task whose code created the error, if the stack names exactly one. If the error comes
 * from a call that a task made, it belongs to that task, whose frames are last.
 */
function taskInStack(error: unknown): number | undefined {
  const stack = stackOf(error);
  // The frames of an earlier call say nothing about this one.
  if (stack.includes(CALLED_LIKE)) return undefined;
  const frames = stack.split(CALLED_FROM).at(-1)!;
  const tasks = new Set<string>();
  for (const [, task] of frames.matchAll(TASK_IN_STACK)) tasks.add(task);
  return tasks.size === 1 ? Number([...tasks][0]) : undefined;
}

/** The stack of a thrown value, or else its text. */
function stackOf(error: unknown): string {
  const text = textOf(error);
  try {
    const stack = (error as Error).stack!;
    // On Bun, the stack does not begin with the message.
    return stack.includes(text) ? stack : `${text}\n${stack}`;
  } catch {
    return text;
  }
}

/** Name and message of a thrown value. Reading them may run code that throws. */
function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "an error that cannot be read";
  }
}
