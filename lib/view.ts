/**
 * A runtime whose calls have options.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import { checkKey, type Key } from "./calls/key.ts";
import {
  ANY_WORKER,
  type Place,
  placeOfKey,
  placeOn,
  type Priority,
  ringOf,
} from "./calls/plan.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import type { Cloned } from "./cloned.ts";
import { callReporting } from "./progress/reporting_call.ts";
import { serveReports } from "./progress/serve_reports.ts";
import { streamOf } from "./streams/open_stream.ts";
import { serveStream } from "./streams/serve_stream.ts";
import type { AnyFunction } from "./tasks/function.ts";

export type { Key, Priority };

/** Options of the calls of a {@linkcode RuntimeView}. */
export interface CallOptions {
  /**
   * How urgent the calls are: `"normal"` by default. A worker that is free takes urgent calls
   * first, but one call in 16 is the next of another priority, so none starves.
   */
  readonly priority?: Priority;
  /**
   * Calls with the same key go to the same compute worker, so that it can keep what it has
   * loaded for that key. `1` and `"1"` are different keys. The worker takes these calls before
   * those of normal and low priority; other workers take none of them, even if they are free.
   * When the worker is lost, its replacement takes over its keys, with nothing kept.
   *
   * A key is not a guarantee: when a task has so many calls in flight that one of them waits
   * for a slot (`computePoolSize`), its own worker may run that call.
   */
  readonly key?: Key;
  /**
   * What a call does while as many calls wait as `maxQueuedCalls` allows: `"reject"`, the
   * default, rejects with {@linkcode QueueFullError}; `"wait"` waits with them.
   */
  readonly queue?: "reject" | "wait";
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
  /** @throws {QueueFullError} If no more calls may wait. */
  checkQueue(): void;
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
    if (options.key !== undefined) checkKey(options.key);
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
    if (this.#options.queue !== "wait") {
      try {
        this.#host.checkQueue();
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const { onProgress } = this.#options;
    return onProgress === undefined
      ? this.#call(fn, args, this.#place())
      : this.#report(fn, args, onProgress);
  }

  /** Like {@linkcode LoomRuntime.onEachWorker}, with the options of the view except its key. */
  onEachWorker<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>[]> {
    const { targets } = this.#host.compute;
    return Promise.all(
      targets.map((_, position) =>
        this.#call<Cloned<Awaited<Result>>>(
          fn,
          args,
          placeOn(position, targets),
        )
      ),
    );
  }

  /** Like {@linkcode LoomRuntime.trySpawnCompute}; with a key, that worker must be free. */
  trySpawnCompute<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> | undefined {
    const place = this.#place();
    return this.#host.compute.queue.canBeginSoon(place)
      ? this.#call(fn, args, place)
      : undefined;
  }

  #place(): Place {
    const { key, priority = "normal" } = this.#options;
    return key === undefined
      ? { ring: ringOf(priority), worker: ANY_WORKER }
      : placeOfKey(key, this.#host.compute.targets);
  }

  #call<Result>(
    fn: AnyFunction,
    args: readonly unknown[],
    place: Place,
  ): Promise<Result> {
    const { priority = "normal" } = this.#options;
    return new Promise((settle, reject) => {
      const plan = {
        ...place,
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
