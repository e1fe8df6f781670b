/**
 * What watches the calls of this thread from outside of the library: spans, timing marks.
 *
 * @module
 */

import type { Priority } from "../limits/priority.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { threadState } from "../thread_state.ts";

/**
 * What is observed: a call of one of the pools, an operation that makes many calls, or a call
 * that goes to another process or has come from one.
 */
export type Operation =
  | "compute"
  | "async"
  | "cluster"
  | "clusterMap"
  | "serve"
  | "computeMap"
  | "computeStream"
  | "parallel";

/** A call, or an operation, that begins. */
export interface Beginning {
  readonly operation: Operation;
  /** Name of the function, or the beginning of its source. */
  readonly task: string;
  /** The module of a module task: a path, or a URL that has none. */
  readonly file: string | undefined;
  /** Prefix of the runtime; undefined where none makes the call. */
  readonly runtime: string | undefined;
  readonly priority: Priority;
  /** What came with the call from another process. */
  readonly received?: Carrier | undefined;
}

/** Short texts by their names, which go with a message to another process. */
export type Carrier = Record<string, string>;

/** Where and when a worker has run a call. */
export interface Run {
  /** Name of the thread. */
  readonly thread: string;
  /** Its ID in the kernel; 0 where that is unknown. */
  readonly threadId: number;
  /** When it began, by `performance.now()` of this thread. */
  readonly startMs: number;
  /** How long it ran, until its outcome was sent. */
  readonly ms: number;
  /** How long the call waited for a worker. */
  readonly queueMs: number;
}

/** What has become of a call or an operation. */
export interface Ending {
  readonly outcome: "ok" | "error" | "cancelled";
  /** What it rejects with, unless it is ok. */
  readonly error?: unknown;
  /** Unknown of operations, of calls on this thread, and where the worker was lost. */
  readonly run?: Run | undefined;
  /** Number of items of an operation. */
  readonly items?: number;
}

/** A task, and its second argument: see calls/wrappers.ts. */
export interface ObservationWrapper {
  readonly task: AnyFunction;
  readonly value: unknown;
  /** Whether only code can see it that may ask for its context. */
  readonly isContext: boolean;
}

/** Watches one call or operation. */
export interface Observation {
  /** What runs around the function on a worker. */
  readonly wrapper?: ObservationWrapper | undefined;
  /** Whether the end of the call is of no interest. */
  readonly ignoresEnd?: boolean;
  /** Adds what the other process should know, if the call goes to one. */
  carry?(carrier: Carrier): void;
  /** Runs a function that the call runs on this thread. */
  runHere<T>(fn: () => T): T;
  /** It has ended; nothing of the user has seen that yet. */
  end(ending: Ending): void;
}

/** Watches calls. */
export interface CallObserver {
  /** A call is about to be made; undefined if it is none of the observer's business. */
  begin(beginning: Beginning): Observation | undefined;
}

const state = threadState("observers", () => ({
  observers: [] as readonly CallObserver[],
}));

/** Those of this thread. */
export function observersOfThread(): readonly CallObserver[] {
  return state.observers;
}

/** Replaces those of this thread. The runtimes of the thread must then be told. */
export function setObservers(observers: readonly CallObserver[]): void {
  state.observers = observers;
}
