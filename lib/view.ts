/**
 * A runtime whose calls have options.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import { type CallLimits, limitsOf, unlimited } from "./calls/call_limits.ts";
import { ControlledCall } from "./calls/controlled_call.ts";
import type { Deadlines } from "./calls/deadlines.ts";
import { LocalCall } from "./calls/local_call.ts";
import {
  type CallTerms,
  makeCall,
  makeControlledCall,
  type WithTask,
} from "./calls/make_call.ts";
import { checkKey, type Key } from "./calls/key.ts";
import {
  ANY_WORKER,
  type Place,
  placeOfKey,
  placeOn,
  type Priority,
  ringOf,
} from "./calls/plan.ts";
import {
  InstalledCode,
  type RunningCall,
  runningCall,
} from "./calls/running_call.ts";
import type { Cloned } from "./cloned.ts";
import {
  ConcurrentMap,
  type MapOptions,
  type Source,
} from "./streams/concurrent_map.ts";
import type { ItemCalls } from "./streams/item_calls.ts";
import { Mapping } from "./streams/mapping.ts";
import { type TransformPair, transformPair } from "./streams/transform.ts";
import type { AnyFunction } from "./tasks/function.ts";
import { type AsyncResult, type MaybeTask, taskAddress } from "./tasks/task.ts";

export type { Key, Priority };

/** Options of the calls of a {@linkcode RuntimeView}. */
export interface CallOptions {
  /**
   * How urgent the calls are: `"normal"` by default. A worker that is free takes urgent calls
   * first, but one call in 16 is the next of another priority, so none starves.
   */
  readonly priority?: Priority;
  /**
   * Cancels the calls when it is aborted. They reject with its reason at once. A call that
   * waits never runs. A task that runs sees it by {@linkcode isCancelled},
   * {@linkcode throwIfCancelled} and {@linkcode currentSignal}; if it does not end within
   * `graceMs`, its worker is ended and replaced. With a signal that is aborted already, no
   * call is made.
   */
  readonly signal?: AbortSignal;
  /**
   * Longest execution in milliseconds, from the start of the task. A call that takes longer
   * is cancelled, and rejects with a {@linkcode TimeoutError}.
   */
  readonly timeoutMs?: number;
  /**
   * Longest time in milliseconds until a worker starts the task. A call that waits longer
   * never runs, and rejects with a {@linkcode TimeoutError}.
   */
  readonly queueTimeoutMs?: number;
  /**
   * How long in milliseconds a task may go on after its call was cancelled, by default the
   * setting `cancelGraceMs`. Then its worker is ended and replaced, and other calls that the
   * worker has begun reject with {@linkcode WorkerLostError}. `Infinity` never ends a worker.
   */
  readonly graceMs?: number;
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
}

/** What a view needs of its runtime. */
export interface ViewHost {
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
  /**
   * Runs `submit` with the number of the task, unless the runtime refuses calls.
   *
   * @throws What `submit` throws, or why the call is refused.
   */
  submit(fn: AnyFunction, submit: (task: number) => void): void;
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
  /** See {@linkcode MapCalls}. */
  rest(): void;
  /** See {@linkcode MapCalls}. */
  hurry(): void;
}

/**
 * The calls of a runtime with {@linkcode CallOptions}, from {@linkcode LoomRuntime.with}. A
 * view can be kept and used for any number of calls.
 */
export class RuntimeView {
  readonly #host: ViewHost;
  readonly #options: CallOptions;
  readonly #priority: Priority | undefined;
  readonly #limits: CallLimits | undefined;

  /**
   * For {@linkcode LoomRuntime.with} only.
   *
   * @internal
   */
  constructor(host: ViewHost, options: CallOptions) {
    this.#host = host;
    this.#options = options;
    this.#priority = options.priority;
    this.#limits = limitsOf(options, host.graceMs);
    if (options.key !== undefined) checkKey(options.key);
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
    return this.#callIfAccepted(this.#host.compute, fn, args);
  }

  /** Like {@linkcode LoomRuntime.onEachWorker}, with the options of the view except its key. */
  onEachWorker<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>[]> {
    const { compute } = this.#host;
    return Promise.all(
      compute.targets.map((_, position) => {
        const place = placeOn(position, compute.targets);
        return this.#call<Cloned<Awaited<Result>>>(compute, fn, args, {
          place,
        });
      }),
    );
  }

  /** Like {@linkcode LoomRuntime.trySpawnCompute}; with a key, that worker must be free. */
  trySpawnCompute<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> | undefined {
    const { compute } = this.#host;
    return compute.queue.canBeginSoon(this.#terms().place)
      ? this.#call(compute, fn, args)
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
  computeMap<T, R>(
    source: Source<T>,
    fn: (item: T) => R,
    options: MapOptions<T> = {},
  ): AsyncIterableIterator<Cloned<Awaited<R>>> {
    const mapping = this.#mapping(fn, options);
    return new ConcurrentMap(source, mapping, this.#with(options));
  }

  /** Like {@linkcode LoomRuntime.computeTransform}, with the options of the view. */
  computeTransform<T, R>(
    fn: (item: T) => R,
    options: MapOptions<T> = {},
  ): TransformPair<T, Cloned<Awaited<R>>> {
    return transformPair(this.#mapping(fn, options), this.#with(options));
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
    const terms = this.#terms(limits);
    const withTask = this.#withTask(fn);
    const { compute } = this.#host;
    return makeControlledCall(compute, withTask, args, terms, limits);
  }

  #callIfAccepted<Result>(
    caller: Caller,
    fn: AnyFunction,
    args: readonly unknown[],
  ): Promise<Result> {
    try {
      if (this.#options.queue !== "wait") this.#host.checkQueue(caller);
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#call(caller, fn, args);
  }

  #call<Result>(
    caller: Caller,
    fn: AnyFunction,
    args: readonly unknown[],
    given?: Partial<CallTerms>,
  ): Promise<Result> {
    const terms = given === undefined
      ? this.#terms()
      : { ...this.#terms(), ...given };
    const call = makeCall(caller, this.#withTask(fn), args, terms);
    return call as Promise<Result>;
  }

  #withTask(fn: AnyFunction): WithTask {
    return (submit) => this.#host.submit(fn, submit);
  }

  #terms(limits = this.#limits): CallTerms {
    const priority = this.#priority ?? runningCall()?.priority ?? "normal";
    const { key } = this.#options;
    const place = key === undefined
      ? { ring: ringOf(priority), worker: ANY_WORKER }
      : this.#placeOf(key);
    return { place, priority, limits };
  }

  #placeOf(key: Key): Place {
    checkKey(key);
    return placeOfKey(key, this.#host.compute.targets);
  }

  #mapping<T, R>(
    fn: (item: T) => R,
    { signal, key }: MapOptions<T>,
  ): Mapping<T, Cloned<Awaited<R>>> {
    const host = this.#host;
    // A consumer that only leaves the mapping does not cost a worker.
    const graceMs = signal === undefined ? Infinity : host.graceMs;
    const { compute, items } = host;
    return new Mapping(
      {
        workers: host.workers,
        // Calls with a key have a worker each.
        mayRunItems: (fn) =>
          key === undefined && this.#options.key === undefined &&
          items.mayRun(fn),
        rest: () => host.rest(),
        hurry: () => host.hurry(),
        one: (fn, item, limits) =>
          key === undefined
            ? this.#call(compute, fn, [item], { limits })
            : this.#callByKey(fn, item as T, limits, key),
        several: (fn, values, limits) => {
          if (host.isClosing) return undefined;
          const { place, priority } = this.#terms(limits);
          const { controls } = compute;
          const call = new ControlledCall(controls, limits, place, priority);
          return items.spawn(fn, values, call);
        },
      },
      fn,
      this.#limits ?? unlimited(this.#options.graceMs ?? graceMs),
    );
  }

  /** Calls the worker of the item's key; rejects if `key` throws. */
  async #callByKey<T>(
    fn: AnyFunction,
    item: T,
    limits: CallLimits,
    key: (item: T) => Key,
  ): Promise<unknown> {
    const place = this.#placeOf(key(item));
    return await this.#call(this.#host.compute, fn, [item], { limits, place });
  }

  /** Options of a mapping that the signal of the view ends, too. */
  #with<T>(options: MapOptions<T>): MapOptions<T> {
    const signal = this.#limits?.signal;
    if (signal === undefined) return options;
    return {
      ...options,
      signal: options.signal === undefined
        ? signal
        : AbortSignal.any([signal, options.signal]),
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
    const call = new LocalCall(deadlines, limits, this.#terms(limits).priority);
    return call.await(this.#host.runHere(fn, args, call));
  }
}
