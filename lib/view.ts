/**
 * A runtime whose calls have options.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import { type CallLimits, limitsOf, unlimited } from "./limits/call_limits.ts";
import { ControlledCall } from "./control/controlled_call.ts";
import { LocalCall } from "./limits/local_call.ts";
import {
  type CallTerms,
  makeCall,
  makeControlledCall,
  type SimpleTerms,
} from "./control/make_call.ts";
import { callFrom, captureSite } from "./calls/call_sites.ts";
import { checkKey, type Key } from "./calls/key.ts";
import { type CallOptions, checkChoices } from "./call_options.ts";
import {
  type Place,
  placeOf,
  placeOfKey,
  placeOn,
  type Priority,
} from "./calls/plan.ts";
import { InstalledCode, runningCall } from "./limits/running_call.ts";
import type { Cloned } from "./cloned.ts";
import { callReporting } from "./progress/reporting_call.ts";
import { serveReports } from "./progress/serve_reports.ts";
import { ConcurrentMap } from "./streams/concurrent_map.ts";
import { ALONE } from "./streams/item_calls.ts";
import { Mapping } from "./streams/mapping.ts";
import { streamOf } from "./streams/open_stream.ts";
import type {
  AnyMapOptions,
  ComputeMap,
  ComputeTransform,
} from "./streams/options.ts";
import { showState } from "./shown_state.ts";
import { serveStream } from "./streams/serve_stream.ts";
import type { Source } from "./streams/source.ts";
import { transformPair } from "./streams/transform.ts";
import type { AnyFunction } from "./tasks/function.ts";
import { type AsyncResult, type MaybeTask, taskAddress } from "./tasks/task.ts";
import type { ViewHost } from "./view_host.ts";

/**
 * The calls of a runtime with {@linkcode CallOptions}, from {@linkcode LoomRuntime.with}. A
 * view can be kept and used for any number of calls.
 */
export class RuntimeView {
  readonly #host: ViewHost;
  readonly #options: CallOptions;
  readonly #priority: Priority | undefined;
  readonly #limits: CallLimits | undefined;
  /** The terms of calls that inherit no priority. */
  readonly #terms: CallTerms;

  /**
   * For {@linkcode LoomRuntime.with} only.
   *
   * @internal
   */
  constructor(host: ViewHost, options: CallOptions) {
    checkChoices(options);
    this.#host = host;
    this.#options = options;
    this.#priority = options.priority;
    this.#limits = limitsOf(options, host.graceMs, host.deadlines);
    const { key, priority = "normal" } = options;
    const place = key === undefined ? placeOf(priority) : this.#placeOf(key);
    this.#terms = { place, priority, limits: this.#limits };
  }

  static {
    showState(this, (self) => self.#options);
  }

  /** Returns a view with these options, and those of this view that are not among them. */
  with(options: CallOptions): RuntimeView {
    return new RuntimeView(this.#host, { ...this.#options, ...options });
  }

  /**
   * Like {@linkcode LoomRuntime.spawnCompute}, with the options of the view.
   *
   * @throws The reason of the signal, if the call is cancelled before it has a result.
   * @throws {TimeoutError} If it exceeds a time limit.
   */
  spawnCompute<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> {
    const { onProgress } = this.#options;
    return onProgress === undefined
      ? this.#callIfAccepted(this.#host.compute, fn, args)
      : this.#report(fn, args, onProgress);
  }

  /** Like {@linkcode LoomRuntime.onEachWorker}, with the options of the view except its key. */
  onEachWorker<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>[]> {
    const { compute } = this.#host;
    const { priority, limits } = this.#termsNow();
    return Promise.all(
      compute.targets.map((_, position) => {
        const place = placeOn(position, compute.targets);
        const terms = { place, priority, limits };
        return this.#call<Cloned<Awaited<Result>>>(compute, fn, args, terms);
      }),
    );
  }

  /** Like {@linkcode LoomRuntime.trySpawnCompute}; with a key, that worker must be free. */
  trySpawnCompute<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> | undefined {
    const { compute } = this.#host;
    const terms = this.#termsNow();
    return compute.queue.canBeginSoon(terms.place)
      ? this.#call(compute, fn, args, terms)
      : undefined;
  }

  /**
   * Like {@linkcode LoomRuntime.spawnAsync}, with the options of the view. A plain function
   * shares this thread, so it can only be asked to stop, by {@linkcode currentSignal}.
   *
   * @throws The reason of the signal, if the call is cancelled before it has a result.
   * @throws {TimeoutError} If it exceeds a time limit.
   */
  spawnAsync<Args extends unknown[], Result, IsTask = false>(
    fn: MaybeTask<Args, Result, IsTask>,
    ...args: Args
  ): Promise<AsyncResult<Result, IsTask>> {
    const { async } = this.#host;
    type Promised = Promise<AsyncResult<Result, IsTask>>;
    return async !== undefined && taskAddress(fn) !== undefined
      ? this.#callIfAccepted(async, fn, args)
      : this.#runHere(fn, args) as Promised;
  }

  /**
   * Like {@linkcode LoomRuntime.computeMap}, with the options of the view for the call of each
   * item. The signal also ends the mapping.
   */
  get computeMap(): ComputeMap {
    const map = (
      source: Source<unknown>,
      fn: AnyFunction,
      options: AnyMapOptions = {},
    ) =>
      new ConcurrentMap(
        source,
        this.#mapping(fn, options, captureSite()),
        this.#with(options),
      );
    return map as ComputeMap;
  }

  /** Like {@linkcode LoomRuntime.computeTransform}, with the options of the view. */
  get computeTransform(): ComputeTransform {
    const transform = (fn: AnyFunction, options: AnyMapOptions = {}) =>
      transformPair(
        this.#mapping(fn, options, captureSite()),
        this.#with(options),
      );
    return transform as ComputeTransform;
  }

  /** Like {@linkcode LoomRuntime.computeStream}, with the options of the view. */
  computeStream<Args extends unknown[], Item>(
    fn: (...args: Args) => Iterable<Item> | AsyncIterable<Item>,
    ...args: Args
  ): AsyncIterableIterator<Cloned<Item>> {
    const call = this.#inside(serveStream, fn, args);
    return streamOf(this.#host.endpoint, call);
  }

  /**
   * Like {@linkcode LoomRuntime.install}: the parallel iterators, joins and scopes that `fn`
   * starts, also after an `await`, have the options of the view.
   *
   * Their forms whose names end in `Async`, and `scopeCompute()`, are cancelled by the signal
   * and the time limits. The other forms block this thread, and only have the priority.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder, parIter } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * const view = runtime.with({ priority: "low", signal: AbortSignal.timeout(60_000) });
   * const sum = await view.install(() => parIter([1, 2, 3]).map((n) => n * n).sumAsync());
   * console.log(sum); // 14
   * ```
   */
  install<T>(fn: () => T): T {
    const code = new InstalledCode(this.#priority, this.#limits);
    return this.#host.install(fn, code);
  }

  /**
   * Makes a call whose end a scope awaits; undefined if the view has no limits.
   *
   * @internal
   */
  startScoped(
    fn: AnyFunction,
    args: readonly unknown[],
  ): ControlledCall | undefined {
    const limits = this.#limits;
    if (limits === undefined) return undefined;
    const host = this.#host;
    const terms = this.#termsNow();
    try {
      const task = host.taskOf(fn);
      return makeControlledCall(host.compute, task, args, terms, limits);
    } catch (error) {
      host.afterFailure();
      const { controls } = host.compute;
      const { place, priority } = terms;
      const call = new ControlledCall(controls, limits, place, priority);
      call.fail(error);
      return call;
    }
  }

  #callIfAccepted<Result>(
    caller: Caller,
    fn: AnyFunction,
    args: readonly unknown[],
  ): Promise<Result> {
    return this.#call(
      caller,
      fn,
      args,
      this.#termsNow(),
      this.#options.queue !== "wait",
    );
  }

  #call<Result>(
    caller: Caller,
    fn: AnyFunction,
    args: readonly unknown[],
    terms: CallTerms,
    checksQueue = false,
  ): Promise<Result> {
    const { limits } = terms;
    if (limits !== undefined && limits.group?.isAborted) {
      return Promise.reject(limits.signal!.reason);
    }
    const host = this.#host;
    try {
      const task = host.taskOf(fn);
      if (checksQueue) host.checkQueue(caller);
      return makeCall(caller, task, args, terms) as Promise<Result>;
    } catch (error) {
      host.afterFailure();
      return Promise.reject(error);
    }
  }

  /** The terms of a call that the present code makes. */
  #termsNow(): CallTerms {
    const terms = this.#terms;
    if (!this.#host.inherits || this.#priority !== undefined) return terms;
    const { priority = "normal" } = runningCall() ?? {};
    return priority === "normal" ? terms : this.#withPriority(priority, terms);
  }

  #withPriority(priority: Priority, { place, limits }: CallTerms): CallTerms {
    const hasKey = this.#options.key !== undefined;
    return { place: hasKey ? place : placeOf(priority), priority, limits };
  }

  #placeOf(key: Key): Place {
    checkKey(key);
    return placeOfKey(key, this.#host.compute.targets);
  }

  /** @param site Where the mapping was created: its calls are made elsewhere. */
  #mapping(
    fn: AnyFunction,
    options: AnyMapOptions,
    site: Error,
  ): Mapping<unknown, unknown> {
    const host = this.#host;
    // A consumer that only leaves the mapping does not cost a worker.
    const graceMs = options.signal === undefined ? Infinity : host.graceMs;
    const limits = this.#limits ??
      unlimited(this.#options.graceMs ?? graceMs);
    const { compute, items } = host;
    return new Mapping(
      {
        workers: host.workers,
        // Calls with a key have a worker each.
        useOf: (fn) =>
          this.#options.key === undefined ? items.useOf(fn) : ALONE,
        rest: () => host.rest(),
        hurry: () => host.hurry(),
        one: (fn, args, limits, key) => {
          const { priority, place } = this.#termsOf(key);
          const terms = { priority, place, limits };
          return callFrom(site, () => this.#call(compute, fn, args, terms));
        },
        several: (fn, values, mode, limits) => {
          if (host.isClosing) return undefined;
          if (limits === undefined) {
            return callFrom(site, () => items.spawnPlain(fn, values, mode));
          }
          const { place, priority } = this.#termsNow();
          const { controls } = compute;
          const call = new ControlledCall(controls, limits, place, priority);
          return callFrom(site, () => items.spawn(fn, values, mode, call));
        },
      },
      fn,
      limits,
      options,
    );
  }

  #termsOf(key: Key | undefined): SimpleTerms {
    const terms = this.#termsNow();
    if (key === undefined) return terms;
    return { place: this.#placeOf(key), priority: terms.priority };
  }

  /** Options of a mapping that the signal of the view ends, too. */
  #with(options: AnyMapOptions): AnyMapOptions {
    const signal = this.#limits?.signal;
    if (signal === undefined) return options;
    return {
      ...options,
      signal: options.signal === undefined
        ? signal
        : AbortSignal.any([signal, options.signal]),
    };
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
    // The call is made later.
    const site = captureSite();
    return async (memory) => {
      const number = this.#host.taskOf(fn);
      const all = [...args, number, memory];
      return await callFrom(site, () => view.spawnCompute(task, ...all));
    };
  }

  #runHere(fn: AnyFunction, args: unknown[]): Promise<unknown> {
    const limits = this.#limits;
    const { deadlines } = this.#host;
    if (limits === undefined) {
      return this.#host.runHere(
        fn,
        args,
        new InstalledCode(this.#priority, limits),
      );
    }
    if (limits.signal?.aborted) return Promise.reject(limits.signal.reason);
    const call = new LocalCall(deadlines, limits, this.#termsNow().priority);
    return call.await(this.#host.runHere(fn, args, call));
  }
}
