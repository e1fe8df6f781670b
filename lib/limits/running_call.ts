/**
 * The call that the present code runs in, as that code sees it.
 *
 * @module
 */

import type { CallLimits } from "./call_limits.ts";
import type { Priority } from "./priority.ts";
import { threadState } from "../thread_state.ts";

/** What a call tells the code that runs in it. */
export interface RunningCall {
  /** Its priority, which the calls that the code makes inherit. */
  readonly priority: Priority;
  /** Whether nobody needs its result any more. */
  readonly isCancelled: boolean;
  /** Aborted when the call is cancelled. */
  readonly signal: AbortSignal;
  /** What ends the parallel loops that the code starts. */
  readonly limits?: CallLimits | undefined;
}

const state = threadState("running_call", () => ({
  /** The call of the synchronous code that runs, if its code may not leave work behind. */
  present: undefined as RunningCall | undefined,
  /** Finds the call of other code: across awaits, in timers and so on. */
  finders: [] as (() => RunningCall | undefined)[],
}));

/** The call that the present code runs in; undefined if it has neither priority nor control. */
export function runningCall(): RunningCall | undefined {
  if (state.present !== undefined) return state.present;
  for (const find of state.finders) {
    const call = find();
    if (call !== undefined) return call;
  }
  return undefined;
}

/** Adds a way to find the call of the present code. The last one that was added is tried last. */
export function findRunningCall(find: () => RunningCall | undefined): void {
  state.finders.push(find);
}

/**
 * The synchronous code from now on is code of `call`. For those who run many calls: the
 * function that {@linkcode runAs} takes is an object to create.
 *
 * @returns What to enter again afterwards, also after an error.
 */
export function enterCall(
  call: RunningCall | undefined,
): RunningCall | undefined {
  const outer = state.present;
  state.present = call;
  return outer;
}

/** Runs a synchronous function as code of `call`. */
export function runAs<T>(call: RunningCall | undefined, fn: () => T): T {
  const outer = enterCall(call);
  try {
    return fn();
  } finally {
    enterCall(outer);
  }
}

/** What a signal of a cancelled call is aborted with. */
export function cancelledError(): DOMException {
  return new DOMException(
    "Cannot go on: the call was cancelled, and nobody needs its result",
    "AbortError",
  );
}

/** Code that `install()` of a view runs: what it starts inherits the options of the view. */
export class InstalledCode implements RunningCall {
  /** See {@linkcode RunningCall}. */
  readonly priority: Priority;
  /** See {@linkcode RunningCall}. */
  readonly limits: CallLimits | undefined;
  readonly #outer: RunningCall | undefined = runningCall();

  /** @param priority That of the view, if it has one. */
  constructor(priority: Priority | undefined, limits: CallLimits | undefined) {
    this.priority = priority ?? this.#outer?.priority ?? "normal";
    this.limits = limits;
  }

  /** See {@linkcode RunningCall}. */
  get isCancelled(): boolean {
    return this.limits?.signal?.aborted === true ||
      this.#outer?.isCancelled === true;
  }

  /** See {@linkcode RunningCall}. */
  get signal(): AbortSignal {
    return this.limits?.signal ?? this.#outer?.signal ??
      new AbortController().signal;
  }
}
