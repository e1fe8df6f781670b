/**
 * Plain functions of `spawnAsync()`, which run on the thread that calls it.
 *
 * @module
 */

import type { Endpoint } from "./calls/endpoint.ts";
import { shutdownError } from "./lifecycle.ts";
import type { RunningCall } from "./limits/running_call.ts";
import type { RuntimeObservers } from "./observers/runtime_observers.ts";
import { runInstalled, runInTask } from "./runtime_context.ts";
import type { AnyFunction } from "./tasks/function.ts";

/** The runtime whose functions they are. */
interface LocalRuntime {
  /** A function has ended. */
  noteSettled(): void;
}

/** Runs such functions, each in a later microtask. */
export class LocalFunctions {
  readonly #runtime: LocalRuntime;
  readonly #endpoint: Endpoint;
  readonly #observers: RuntimeObservers;
  readonly #refuses: () => boolean;

  /**
   * @param runtime The current runtime of the functions.
   * @param refuses Whether a call of the present code is refused.
   */
  constructor(
    runtime: LocalRuntime,
    endpoint: Endpoint,
    observers: RuntimeObservers,
    refuses: () => boolean,
  ) {
    this.#runtime = runtime;
    this.#endpoint = endpoint;
    this.#observers = observers;
    this.#refuses = refuses;
  }

  /**
   * Runs one that shutdown waits for.
   *
   * @param call What it sees as its call.
   */
  run(fn: AnyFunction, args: unknown[], call?: RunningCall): Promise<unknown> {
    return this.#run(
      fn,
      args,
      call?.limits?.signal,
      (fn) =>
        this.#endpoint.trackTask(
          Promise.resolve().then(() => runInTask(this.#runtime, fn, call)),
          () => this.#runtime.noteSettled(),
        ),
    );
  }

  /** Runs one that shutdown does not wait for. */
  runUntracked(fn: AnyFunction, args: unknown[]): Promise<unknown> {
    return this.#run(
      fn,
      args,
      undefined,
      (fn) => Promise.resolve().then(() => runInstalled(this.#runtime, fn)),
    );
  }

  #run(
    fn: AnyFunction,
    args: unknown[],
    signal: AbortSignal | undefined,
    start: (fn: () => unknown) => Promise<unknown>,
  ): Promise<unknown> {
    const observed = this.#observers.current;
    if (this.#refuses()) return Promise.reject(shutdownError());
    const { diagnostics } = this.#endpoint;
    const startTimed = diagnostics?.watchesNext()
      ? (run: () => unknown) => start(() => diagnostics.runHere(fn, run))
      : start;
    return observed === undefined
      ? startTimed(() => fn(...args))
      : observed.here(fn, args, startTimed, signal);
  }
}
