/**
 * A runtime whose calls have options.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import { ANY_WORKER, type Priority, ringOf } from "./calls/plan.ts";
import type { Cloned } from "./cloned.ts";
import type { AnyFunction } from "./tasks/function.ts";

export type { Priority };

/** Options of the calls of a {@linkcode RuntimeView}. */
export interface CallOptions {
  /**
   * How urgent the calls are: `"normal"` by default. A worker that is free takes urgent calls
   * first, but one call in 16 is the next of another priority, so none starves.
   */
  readonly priority?: Priority;
}

/** What a view needs of its runtime. */
export interface ViewHost {
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

  /** Like {@linkcode LoomRuntime.spawnCompute}, with the options of the view. */
  spawnCompute<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> {
    const { priority = "normal" } = this.#options;
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
}
