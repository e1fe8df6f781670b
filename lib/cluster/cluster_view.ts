/**
 * A cluster whose calls have options.
 *
 * @module
 */

import type { Cloned } from "../cloned.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Task } from "../tasks/task.ts";
import type { ClusterPriority } from "./subjects.ts";

/** Options of the calls of a {@linkcode ClusterView}. */
export interface ClusterCallOptions {
  /** The group of hosts that calls go to. */
  readonly group?: string;
  /** How urgent the calls are: `"normal"` by default. */
  readonly priority?: ClusterPriority;
  /** Ends calls when aborted: they reject with its reason, and hosts end them. */
  readonly signal?: AbortSignal;
  /**
   * How long a call may take, from when it is sent, in milliseconds; then it rejects with
   * {@linkcode TimeoutError}.
   */
  readonly timeoutMs?: number;
  /**
   * How long a call may wait until a worker of its host starts the task, in milliseconds;
   * then it never runs, and rejects with {@linkcode TimeoutError}.
   */
  readonly queueTimeoutMs?: number;
  /** Whether a call that finds its host full rejects, or is sent again. `"reject"`. */
  readonly queue?: "reject" | "wait";
  /**
   * Gets what the task passes to {@linkcode report} while it runs: the newest value, at most
   * one in 20 ms. A value must fit into a message of the server. What it throws rejects the
   * call.
   */
  readonly onProgress?: (value: unknown) => void;
}

/** What a view needs of its cluster. */
export interface ViewHost {
  /** Calls a task. */
  call(
    task: AnyFunction,
    args: unknown[],
    options: ClusterCallOptions,
  ): Promise<unknown>;
}

/**
 * The calls of a cluster with {@linkcode ClusterCallOptions}, from
 * {@linkcode Cluster.with}. A view can be kept and used for any number of calls.
 */
export class ClusterView {
  readonly #host: ViewHost;
  readonly #options: ClusterCallOptions;

  /**
   * For {@linkcode Cluster.with} only.
   *
   * @internal
   */
  constructor(host: ViewHost, options: ClusterCallOptions) {
    checkTime("timeoutMs", options.timeoutMs);
    checkTime("queueTimeoutMs", options.queueTimeoutMs);
    this.#host = host;
    this.#options = options;
  }

  /** Returns a view with these options, and those of this view that are not among them. */
  with(options: ClusterCallOptions): ClusterView {
    return new ClusterView(this.#host, { ...this.#options, ...options });
  }

  /** Like {@linkcode Cluster.spawnCompute}, with the options of the view. */
  spawnCompute<Args extends unknown[], Result>(
    task: Task<Args, Result>,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> {
    const fn = task as unknown as AnyFunction;
    try {
      return this.#host.call(fn, args, this.#options) as Promise<
        Cloned<Awaited<Result>>
      >;
    } catch (error) {
      // Without `async`, which would take as long again as sending the call.
      return Promise.reject(error);
    }
  }
}

function checkTime(option: string, ms: number | undefined): void {
  if (ms === undefined || ms >= 0) return;
  throw new RangeError(
    `Cannot set ${option} to ${ms}: it must be a number of milliseconds from 0 on`,
  );
}
