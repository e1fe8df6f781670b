/**
 * A runtime whose calls have options.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import { ANY_WORKER, type Priority, ringOf } from "./calls/plan.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import type { Cloned } from "./cloned.ts";
import { callReporting } from "./progress/reporting_call.ts";
import { serveReports } from "./progress/serve_reports.ts";
import { streamOf } from "./streams/open_stream.ts";
import { serveStream } from "./streams/serve_stream.ts";
import type { AnyFunction } from "./tasks/function.ts";

export type { Priority };

/** Options of the calls of a {@linkcode RuntimeView}. */
export interface CallOptions {
  /**
   * How urgent the calls are: `"normal"` by default. A worker that is free takes urgent calls
   * first, but one call in 16 is the next of another priority, so none starves.
   */
  readonly priority?: Priority;
  /**
   * Gets what the calls report while they run: see {@linkcode report}. Only the newest value
   * matters, so it may not get all of them. What it throws rejects the call.
   */
  readonly onProgress?: (value: unknown) => void;
}

/** What a view needs of its runtime. */
export interface ViewHost {
  /** The bridge as this thread sees it. */
  readonly endpoint: Endpoint;
  /** Makes calls to the compute workers. */
  readonly compute: Caller;
  /**
   * Runs `submit` with the number of the task, unless the runtime refuses calls.
   *
   * @throws What `submit` throws, or why the call is refused.
   */
  submit(fn: AnyFunction, submit: (task: number) => void): void;
}

/**
 * The calls of a runtime with {@linkcode CallOptions}, from {@linkcode LoomRuntime.with}. A
 * view can be kept and used for any number of calls.
 */
export class RuntimeView {
  readonly #host: ViewHost;
  readonly #options: CallOptions;

  /**
   * For {@linkcode LoomRuntime.with} only.
   *
   * @internal
   */
  constructor(host: ViewHost, options: CallOptions) {
    this.#host = host;
    this.#options = options;
  }

  /** Returns a view with these options, and those of this view that are not among them. */
  with(options: CallOptions): RuntimeView {
    return new RuntimeView(this.#host, { ...this.#options, ...options });
  }

  /** Like {@linkcode LoomRuntime.computeStream}, with the options of the view. */
  computeStream<Args extends unknown[], Item>(
    fn: (...args: Args) => Iterable<Item> | AsyncIterable<Item>,
    ...args: Args
  ): AsyncIterableIterator<Cloned<Item>> {
    const call = this.#inside(serveStream, fn, args);
    return streamOf(this.#host.endpoint, call);
  }

  /** Like {@linkcode LoomRuntime.spawnCompute}, with the options of the view. */
  spawnCompute<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> {
    const { priority = "normal", onProgress } = this.#options;
    if (onProgress !== undefined) return this.#report(fn, args, onProgress);
    return new Promise((settle, reject) => {
      const plan = {
        ring: ringOf(priority),
        worker: ANY_WORKER,
        priority,
        flags: 0,
        tracked: true,
        settle: settle as (value: unknown) => void,
        pushed: () => {},
      };
      try {
        this.#host.submit(fn, (task) => {
          this.#host.compute.submitPlanned(task, args, plan);
        });
      } catch (error) {
        reject(error);
      }
    });
  }

  /** Makes a call that reports. */
  #report<Result>(
    fn: AnyFunction,
    args: readonly unknown[],
    onProgress: (value: unknown) => void,
  ): Promise<Result> {
    const { endpoint } = this.#host;
    const call = this.#inside(serveReports, fn, args);
    return callReporting(endpoint, onProgress, call) as Promise<Result>;
  }

  /** A call of a built-in task that runs `fn` and uses the memory it is given. */
  #inside(
    task: AnyFunction,
    fn: AnyFunction,
    args: readonly unknown[],
  ): (memory: SharedArrayBuffer) => Promise<unknown> {
    const view = this.with({ onProgress: undefined });
    return async (memory) => {
      let number = 0;
      this.#host.submit(fn, (task) => number = task);
      return await view.spawnCompute(task, ...args, number, memory);
    };
  }
}
