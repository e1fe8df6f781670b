/**
 * A runtime whose calls have options.
 *
 * @module
 */

import { ControlledCall } from "./control/controlled_call.ts";
import { LocalCall } from "./limits/local_call.ts";
import { type makeCall, makeControlledCall } from "./control/make_call.ts";
import { callFrom, captureSite } from "./calls/call_sites.ts";
import type { CallOptions } from "./call_options.ts";
import { placeOn } from "./calls/plan.ts";
import { NO_WRAPPERS, type Wrapper } from "./calls/wrappers.ts";
import { InstalledCode } from "./limits/running_call.ts";
import type { Cloned } from "./cloned.ts";
import type { ObservedIteration } from "./observers/observed_iteration.ts";
import { callReporting } from "./progress/reporting_call.ts";
import { serveReports } from "./progress/serve_reports.ts";
import { ConcurrentMap } from "./streams/concurrent_map.ts";
import { streamOf } from "./streams/open_stream.ts";
import {
  type AnyMapOptions,
  type ComputeMap,
  type ComputeTransform,
  endedBy,
} from "./streams/options.ts";
import { showState } from "./shown_state.ts";
import { serveStream } from "./streams/serve_stream.ts";
import type { Source } from "./streams/source.ts";
import { transformPair } from "./streams/transform.ts";
import type { AnyFunction } from "./tasks/function.ts";
import { type AsyncResult, type MaybeTask, taskAddress } from "./tasks/task.ts";
import { ViewCalls } from "./view_calls.ts";
import type { ViewHost } from "./view_host.ts";

/** A call whose end a scope awaits. */
interface ScopedCall {
  readonly promise: Promise<unknown>;
  ended(): Promise<void>;
}

/**
 * The calls of a runtime with {@linkcode CallOptions}, from {@linkcode LoomRuntime.with}. A
 * view can be kept and used for any number of calls.
 */
export class RuntimeView {
  readonly #host: ViewHost;
  readonly #options: CallOptions;
  readonly #calls: ViewCalls;

  /**
   * For {@linkcode LoomRuntime.with} only.
   *
   * @internal
   */
  constructor(host: ViewHost, options: CallOptions) {
    this.#host = host;
    this.#options = options;
    this.#calls = new ViewCalls(host, options);
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
      ? this.#calls.callIfAccepted(this.#host.compute, fn, args)
      : this.#report(fn, args, onProgress);
  }

  /**
   * Like {@linkcode LoomRuntime.spawnAdaptive}, with the options of the view. With a signal, a
   * time limit, a key or `onProgress`, all calls are sent.
   */
  spawnAdaptive<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> {
    if (this.#needsWorker) return this.spawnCompute(fn, ...args);
    type Promised = Promise<Cloned<Awaited<Result>>>;
    const host = this.#host;
    const ran = host.adaptive.tryRun(fn, args, this.#options.hint);
    if (typeof ran !== "number") return ran as Promised;
    const sent: Promised = this.#calls.callIfAccepted(host.compute, fn, args);
    return ran === 0 ? sent : host.adaptive.sent(fn, ran, sent) as Promised;
  }

  /** Like {@linkcode LoomRuntime.onEachWorker}, with the options of the view except its key. */
  onEachWorker<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>[]> {
    const { compute } = this.#host;
    const { priority, limits } = this.#calls.termsNow();
    return Promise.all(
      compute.targets.map((_, position) => {
        const place = placeOn(position, compute.targets);
        const terms = { place, priority, limits };
        return this.#calls.call<Cloned<Awaited<Result>>>(
          compute,
          fn,
          args,
          terms,
        );
      }),
    );
  }

  /** Like {@linkcode LoomRuntime.trySpawnCompute}; with a key, that worker must be free. */
  trySpawnCompute<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> | undefined {
    const { compute } = this.#host;
    const terms = this.#calls.termsNow();
    return compute.queue.canBeginSoon(terms.place)
      ? this.#calls.call(compute, fn, args, terms)
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
      ? this.#calls.callIfAccepted(async, fn, args)
      : this.#runHere(fn, args) as Promised;
  }

  /**
   * Like {@linkcode LoomRuntime.computeMap}, with the options of the view for the call of each
   * item. The signal also ends the mapping.
   */
  get computeMap(): ComputeMap {
    return this.#map(false);
  }

  /** Like {@linkcode LoomRuntime.adaptiveMap}, with the options of the view. */
  get adaptiveMap(): ComputeMap {
    return this.#map(true);
  }

  /** Like {@linkcode LoomRuntime.computeTransform}, with the options of the view. */
  get computeTransform(): ComputeTransform {
    const transform = (fn: AnyFunction, options: AnyMapOptions = {}) => {
      const all = this.#with(options);
      const observed = this.#iteration("computeMap", fn, all.signal);
      return transformPair(
        this.#calls.mapping(fn, options, captureSite(), observed),
        all,
        (results) => observed?.wrap(results) ?? results,
      );
    };
    return transform as ComputeTransform;
  }

  /** Like {@linkcode LoomRuntime.computeStream}, with the options of the view. */
  computeStream<Args extends unknown[], Item>(
    fn: (...args: Args) => Iterable<Item> | AsyncIterable<Item>,
    ...args: Args
  ): AsyncIterableIterator<Cloned<Item>> {
    const { signal } = this.#options;
    const observed = this.#iteration("computeStream", fn, signal);
    const call = this.#inside(serveStream, fn, args, () => observed?.wrappers);
    const items = streamOf<Cloned<Item>>(this.#host.endpoint, call);
    return observed?.wrap(items) ?? items;
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
    const code = new InstalledCode(this.#options.priority, this.#calls.limits);
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
  ): ScopedCall | undefined {
    const limits = this.#calls.limits;
    if (limits === undefined) return undefined;
    const host = this.#host;
    const { compute } = host;
    const observed = host.observers.current;
    const terms = this.#calls.termsNow();
    try {
      const task = host.taskOf(fn);
      if (observed === undefined) {
        return makeControlledCall(compute, task, args, terms, limits);
      }
      let call: ControlledCall;
      const submit: typeof makeCall = (caller, task, args, terms) => {
        call = makeControlledCall(caller, task, args, terms, limits);
        return call.promise;
      };
      const promise = observed.make(compute, task, args, terms, submit);
      return { promise, ended: () => call.ended() };
    } catch (error) {
      host.endpoint.afterFailure();
      const { controls } = host.compute;
      const { place, priority } = terms;
      const call = new ControlledCall(controls, limits, place, priority);
      call.fail(error);
      return call;
    }
  }

  /** Whether only workers may run its calls. */
  get #needsWorker(): boolean {
    const { key, onProgress } = this.#options;
    return (this.#calls.limits ?? key ?? onProgress) !== undefined;
  }

  #map(mayRunHere: boolean): ComputeMap {
    const map = (
      source: Source<unknown>,
      fn: AnyFunction,
      options: AnyMapOptions = {},
    ) => {
      const all = this.#with(options);
      const observed = this.#iteration("computeMap", fn, all.signal);
      const isAdaptive = mayRunHere && !this.#needsWorker;
      const site = captureSite();
      const mapping = this.#calls.mapping(
        fn,
        options,
        site,
        observed,
        isAdaptive,
      );
      const results = new ConcurrentMap(source, mapping, all);
      return observed?.wrap(results) ?? results;
    };
    return map as ComputeMap;
  }

  #iteration(
    operation: "computeMap" | "computeStream",
    fn: AnyFunction,
    signal: AbortSignal | undefined,
  ): ObservedIteration | undefined {
    return this.#host.observers.current?.iteration(operation, fn, signal);
  }

  /** Options of a mapping that the signal of the view ends, too. */
  #with(options: AnyMapOptions): AnyMapOptions {
    return endedBy(options, this.#calls.limits?.signal);
  }

  /** Makes a call that reports. */
  #report<Result>(
    fn: AnyFunction,
    args: readonly unknown[],
    onProgress: (value: unknown) => void,
  ): Promise<Result> {
    const { endpoint, observers } = this.#host;
    const { signal } = this.#options;
    const { current } = observers;
    const watched = current?.beginCall(fn, this.#calls.termsNow().priority);
    const none = current === undefined ? undefined : NO_WRAPPERS;
    const wrappers = () => watched?.wrappers ?? none;
    const call = this.#inside(serveReports, fn, args, wrappers);
    const result = callReporting(endpoint, onProgress, call) as Promise<Result>;
    return watched?.endWith(result, () => ({}), signal) ?? result;
  }

  /** A call of a built-in task that runs `fn` and uses the memory it is given. */
  #inside(
    task: AnyFunction,
    fn: AnyFunction,
    args: readonly unknown[],
    wrappers: () => readonly Wrapper[] | undefined,
  ): (memory: SharedArrayBuffer) => Promise<unknown> {
    // The call is made later.
    const site = captureSite();
    return async (memory) => {
      const number = this.#host.taskOf(fn);
      const request = [...args, number, memory];
      const { compute } = this.#host;
      return await callFrom(
        site,
        () => this.#calls.callIfAccepted(compute, task, request, wrappers()),
      );
    };
  }

  #runHere(fn: AnyFunction, args: unknown[]): Promise<unknown> {
    const limits = this.#calls.limits;
    const { deadlines } = this.#host;
    if (limits === undefined) {
      return this.#host.runHere(
        fn,
        args,
        new InstalledCode(this.#options.priority, limits),
      );
    }
    if (limits.signal?.aborted) return Promise.reject(limits.signal.reason);
    const call = new LocalCall(
      deadlines,
      limits,
      this.#calls.termsNow().priority,
    );
    return call.await(this.#host.runHere(fn, args, call));
  }
}
