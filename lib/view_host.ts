/**
 * What a view needs of its runtime.
 *
 * @module
 */

import type { AdaptiveHint } from "./adaptive/settings.ts";
import type { Caller } from "./calls/caller.ts";
import type { Deadlines } from "./limits/deadlines.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import type { RunningCall } from "./limits/running_call.ts";
import type { RuntimeObservers } from "./observers/runtime_observers.ts";
import type { ItemCalls } from "./streams/item_calls.ts";
import type { AnyFunction } from "./tasks/function.ts";

/** Decides for each adaptive call where it runs. */
export interface AdaptiveHost {
  /** Runs a call on this thread, or returns a number if it is to be sent. */
  tryRun(
    fn: AnyFunction,
    args: readonly unknown[],
    hint: AdaptiveHint | undefined,
  ): Promise<unknown> | number;
  /** A call was sent; the number is that of tryRun(), if it is not 0. */
  sent(
    fn: AnyFunction,
    startMs: number,
    promise: Promise<unknown>,
  ): Promise<unknown>;
}

/** What a view needs of its runtime. */
export interface ViewHost {
  /** The bridge as this thread sees it. */
  readonly endpoint: Endpoint;
  /** Makes calls to the compute workers. */
  readonly compute: Caller;
  /** Makes calls to the event-loop workers; undefined when there are none. */
  readonly async: Caller | undefined;
  /** Makes calls for several items. */
  readonly items: ItemCalls;
  /** Number of compute workers. */
  readonly workers: number;
  /** The deadlines of this thread. */
  readonly deadlines: Deadlines;
  /** Default of {@linkcode CallOptions.graceMs}. */
  readonly graceMs: number;
  /** Whether the runtime is shutting down. */
  readonly isClosing: boolean;
  /** Whether code of this thread has a priority that its calls inherit. */
  readonly inherits: boolean;
  /** What observes its calls. */
  readonly observers: RuntimeObservers;
  /**
   * The number of a task, for a call that is made now.
   *
   * @throws Why the call is refused, or why the function cannot be sent.
   */
  taskOf(fn: AnyFunction): number;
  /** @throws {QueueFullError} If no more calls may wait. */
  checkQueue(caller: Caller): void;
  /** Like `install()` of the runtime, as code of a call. */
  install<T>(fn: () => T, call: RunningCall): T;
  /** Runs a plain function on this thread, as code of a call if that is given. */
  runHere(
    fn: AnyFunction,
    args: unknown[],
    call: RunningCall,
  ): Promise<unknown>;
  /** Adaptive calls. */
  readonly adaptive: AdaptiveHost;
}
