/**
 * Errors that nobody catches: which call they belong to, and what becomes of it.
 *
 * Code that a task leaves behind, in a timer or in a promise that nobody awaits, may throw
 * when the worker runs other calls too. The steps:
 *
 * 1. A function that may leave work behind runs with its call in an AsyncLocalStorage,
 *    which everything that it starts inherits.
 * 2. When an error is reported as uncaught, the storage names the call. The runtimes
 *    restore it for some kinds of errors only, so callbacks of timers and microtasks note
 *    the call themselves when they throw. On Bun, a rejected promise has only its stack,
 *    which names the task.
 * 3. The error of an unfinished call rejects the call. The error of a call that has been
 *    settled is printed. Either way the worker stays.
 * 4. If the call is not known, and calls are unfinished, one of them may wait for what the
 *    error has prevented. A single one is rejected. If there are several, the worker ends
 *    and all reject.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import { CALLED_FROM, CALLED_LIKE } from "../calls/call_sites.ts";
import type { AnyFunction } from "../tasks/function.ts";

/** A call from its start on; what it leaves behind refers to it. */
export class StartedCall {
  /** Number of its task. */
  readonly task: number;
  /** Whether it has an outcome. */
  isSettled = false;
  /** Hands an error to the caller. */
  readonly reject: (error: unknown) => void;

  /** @param reject Hands an error to the caller. */
  constructor(task: number, reject: (error: unknown) => void) {
    this.task = task;
    this.reject = reject;
  }
}

/** An error that is about to be reported, and the call whose code threw it. */
interface Thrown {
  readonly error: unknown;
  /** Null for an error of the worker itself. */
  readonly call: StartedCall | null;
}

/** Several numbers of tasks can stand in one stack. */
const TASK_IN_STACK = /loom-task:(\d+)/g;

/** The uncaught errors of one worker. */
export class UncaughtErrors {
  readonly #storage = new AsyncLocalStorage<StartedCall | undefined>();
  readonly #unfinished = new Set<StartedCall>();
  readonly #describe: (task: number) => string;
  /** What has been printed; a timer may throw the same error again and again. */
  readonly #printed = new Set<string>();
  #thrown: Thrown | undefined;

  /** @param describe The name of a task in messages. */
  constructor(describe: (task: number) => string) {
    this.#describe = describe;
  }

  /** Calls that have returned a promise which is not settled. */
  get unfinishedCount(): number {
    return this.#unfinished.size;
  }

  /** Handles all uncaught errors of this thread from now on. */
  listen(): void {
    this.#noteThrower("setTimeout");
    this.#noteThrower("setInterval");
    this.#noteThrower("setImmediate");
    this.#noteThrower("queueMicrotask");
    process.on("uncaughtException", (error) => this.#handle(error));
    process.on("unhandledRejection", (reason) => this.#handle(reason));
  }

  /** Runs a function as the code of `call`, and with it everything that it starts. */
  run(call: StartedCall, fn: AnyFunction, args: unknown[]): unknown {
    return this.#storage.run(call, fn, ...args);
  }

  /** Runs a function as code of no call. */
  runOutside<T>(fn: () => T): T {
    return this.#storage.run(undefined, fn);
  }

  /** The function has returned a promise. */
  await(call: StartedCall): void {
    if (!call.isSettled) this.#unfinished.add(call);
  }

  /** Marks the call as settled; false when it was before, and its outcome is to be dropped. */
  settle(call: StartedCall): boolean {
    if (call.isSettled) return false;
    call.isSettled = true;
    this.#unfinished.delete(call);
    return true;
  }

  /** Throws an error of the worker itself, which ends it whatever code is running. */
  endWith(error: unknown): never {
    this.#thrown = { error, call: null };
    throw error;
  }

  #handle(error: unknown): void {
    const thrown = this.#thrown;
    this.#thrown = undefined;
    if (thrown !== undefined && thrown.error === error) {
      // Thrown by a listener of uncaught errors, an error ends the worker.
      if (thrown.call === null) throw error;
      return this.#blame(thrown.call, error);
    }
    const call = this.#storage.getStore();
    if (call !== undefined) return this.#blame(call, error);
    this.#handleUnknown(error);
  }

  #blame(call: StartedCall, error: unknown): void {
    if (this.settle(call)) call.reject(error);
    else this.#print(error, call.task);
  }

  #handleUnknown(error: unknown): void {
    const task = taskInStack(error);
    const unfinished = [...this.#unfinished]
      .filter((call) => task === undefined || call.task === task);
    if (unfinished.length === 0) return this.#print(error, task);
    if (unfinished.length > 1) throw error;
    this.#blame(unfinished[0], error);
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

  /** Makes a global function that takes a callback note whose callback has thrown. */
  #noteThrower(
    name: "setTimeout" | "setInterval" | "setImmediate" | "queueMicrotask",
  ): void {
    const globals = globalThis as unknown as Record<string, AnyFunction>;
    const schedule = globals[name];
    const noted = (callback: unknown, ...rest: unknown[]) => {
      const call = this.#storage.getStore();
      return call === undefined || typeof callback !== "function"
        ? schedule(callback, ...rest)
        : schedule(this.#noting(call, callback as AnyFunction), ...rest);
    };
    // Among them what util.promisify() looks for.
    Object.defineProperties(noted, Object.getOwnPropertyDescriptors(schedule));
    globals[name] = noted;
  }

  #noting(call: StartedCall, callback: AnyFunction): AnyFunction {
    const note = (error: unknown) => this.#thrown = { error, call };
    return function (this: unknown, ...args: unknown[]) {
      try {
        return callback.apply(this, args);
      } catch (error) {
        note(error);
        throw error;
      }
    };
  }
}

/**
 * The task whose code made the error, if its stack names exactly one. The error of a call
 * that a task has made is the task's: its frames come last.
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

/** What can be shown of anything thrown. */
function stackOf(error: unknown): string {
  const text = textOf(error);
  try {
    const stack = (error as Error).stack!;
    // On Bun the stack does not begin with the message.
    return stack.includes(text) ? stack : `${text}\n${stack}`;
  } catch {
    return text;
  }
}

/** Name and message; reading them may run code that throws. */
function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "an error that cannot be read";
  }
}
