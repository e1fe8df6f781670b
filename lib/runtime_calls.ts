/**
 * The calls of a runtime.
 *
 * @module
 */

import { callFrom, captureSite } from "./calls/call_sites.ts";
import type { Caller } from "./calls/caller.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import { submitSimple } from "./control/make_call.ts";
import { ObservedCalls } from "./observers/observed_calls.ts";
import { RuntimeObservers } from "./observers/runtime_observers.ts";
import { placeOf } from "./calls/plan.ts";
import { runningCall } from "./limits/running_call.ts";
import type { Cloned } from "./cloned.ts";
import type { AsyncHandle, ComputePool } from "./handles.ts";
import { QueueFullError } from "./errors.ts";
import { shutdownError } from "./lifecycle.ts";
import { LocalFunctions } from "./local_functions.ts";
import { isInsideTask, runInstalled } from "./runtime_context.ts";
import type { RuntimeFacts } from "./runtime_facts.ts";
import { RuntimeInfo } from "./runtime_info.ts";
import { ItemCalls } from "./streams/item_calls.ts";
import { streamOf } from "./streams/open_stream.ts";
import type { ComputeMap, ComputeTransform } from "./streams/options.ts";
import { serveStream } from "./streams/serve_stream.ts";
import type { AnyFunction } from "./tasks/function.ts";
import type { Functions } from "./tasks/functions.ts";
import type { TaskNumbers } from "./tasks/numbers.ts";
import { type AsyncResult, type MaybeTask, taskAddress } from "./tasks/task.ts";
import type { CallOptions } from "./call_options.ts";
import { RuntimeView } from "./view.ts";
import type { AdaptiveHost, ViewHost } from "./view_host.ts";

/** Calls on the compute workers and event loops of a runtime. */
export abstract class RuntimeCalls extends RuntimeInfo {
  /** Untracked calls on the compute workers: shutdown does not wait for them. */
  readonly computePool: ComputePool;
  /** Untracked calls on the event loops: shutdown does not wait for them. */
  readonly asyncHandle: AsyncHandle;
  /** Maps a source by calls on the compute workers: see {@linkcode computeMap}. */
  readonly computeMap: ComputeMap;
  /**
   * Like {@linkcode RuntimeCalls.computeMap}, for `pipeThrough()`: returns a pair of streams,
   * items go in, results come out. An error in either stream or of an item ends both streams,
   * and so does cancelling one of them.
   */
  readonly computeTransform: ComputeTransform;
  /**
   * What observes its calls.
   *
   * @internal
   */
  readonly observers: RuntimeObservers;
  readonly #endpoint: Endpoint;
  readonly #numbers: TaskNumbers;
  readonly #compute: Caller;
  readonly #async: Caller | undefined;
  readonly #items: ItemCalls;
  readonly #local: LocalFunctions;
  readonly #viewHost: ViewHost;
  /** Whether code of this thread has a priority that its calls inherit. */
  #inherits = false;
  /** Whether every call is accepted, and none inherits anything. */
  #isPlain = true;
  /** How many calls of this thread may wait; undefined means any number. */
  readonly #maxQueued: number | undefined;
  #isClosing = false;

  /**
   * For {@linkcode LoomRuntime} only.
   *
   * @internal
   */
  constructor(
    endpoint: Endpoint,
    facts: RuntimeFacts,
    functions: Functions,
    numbers: TaskNumbers,
  ) {
    super(facts, (thread) => endpoint.control.threadId(thread));
    this.#endpoint = endpoint;
    this.#numbers = numbers;
    // The calls of tasks belong to calls that were accepted.
    const isMain = endpoint.thread === 0;
    this.#maxQueued = isMain ? facts.config.maxQueuedCalls : undefined;
    const { table } = functions;
    this.observers = new RuntimeObservers(() =>
      new ObservedCalls(endpoint, facts, numbers, table)
    );
    this.noteObservers();
    this.#items = new ItemCalls(endpoint, this.#numbers, functions);
    this.#compute = endpoint.compute;
    this.#async = endpoint.async;
    this.computePool = Object.freeze<ComputePool>({
      threads: facts.config.computeThreads,
      spawn: (fn, ...args) => this.#submit(this.#compute, fn, args, false),
    });
    this.asyncHandle = Object.freeze<AsyncHandle>({
      threads: facts.config.asyncThreads,
      spawn: (fn, ...args) => this.#spawnAsync(fn, args, false),
    });
    const refuses = () => this.refuses;
    this.#local = new LocalFunctions(this, endpoint, this.observers, refuses);
    this.#viewHost = this.#createViewHost(facts);
    const view = this.with({});
    this.computeMap = view.computeMap;
    this.computeTransform = view.computeTransform;
  }

  /**
   * Runs `fn` on a pinned compute worker and resolves with its result.
   *
   * Arguments and result are copied as `structuredClone` copies them. A SharedArrayBuffer,
   * or a view of one, is passed by reference. If `fn` returns a promise, the worker serves
   * other calls until it settles.
   *
   * @param fn A self-contained function, which uses only its arguments and global names, or
   *   a module {@linkcode task}.
   * @param args The arguments of `fn`.
   * @returns A copy of the result. It has no methods: see {@linkcode Cloned}.
   * @throws What `fn` throws.
   * @throws {DOMException} A `DataCloneError`, if a value cannot be copied.
   * @throws {PayloadTooLargeError} If a value is larger than `maxPayloadBytes`.
   * @throws {CapturedVariableError} If `fn` uses a variable of its enclosing scope.
   * @throws {InvalidTaskError} If `fn` cannot be sent, or its module cannot be used.
   * @throws {WorkerLostError} If the worker ends before the call does.
   * @throws {QueueFullError} If as many calls wait as `maxQueuedCalls` allows.
   * @throws {ShutdownError} If shutdown has begun, or ends an untracked call.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * const longest = await runtime.spawnCompute(
   *   (words: string[]) => words.reduce((a, b) => b.length > a.length ? b : a, ""),
   *   ["warp", "weft", "shuttle"],
   * );
   * console.log(longest); // shuttle
   * ```
   */
  spawnCompute<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>>;
  // A rest parameter allocates an array, which costs more than a call with one number.
  spawnCompute(fn: AnyFunction, first?: unknown): Promise<unknown> {
    if (
      arguments.length === 2 && typeof first === "number" && this.#isPlain
    ) {
      try {
        return this.#compute.submitNumber(this.#numbers.of(fn), first, true);
      } catch (error) {
        this.#endpoint.afterFailure();
        return Promise.reject(error);
      }
    }
    const args = arguments.length === 2
      ? [first]
      : Array.prototype.slice.call(arguments, 1);
    return this.#submit(this.#compute, fn, args, true);
  }

  /**
   * Runs `fn` on an event loop and resolves with its result.
   *
   * A plain function runs on the calling thread, in a later microtask, and may use any
   * variable in scope; this runtime is the current one in it, also after an `await`. A module
   * {@linkcode task} runs on an event-loop worker if there are any (`asyncThreads` above 1),
   * and its result is a copy. Each event loop serves many calls at the same time.
   *
   * @param fn The function, or a module task.
   * @param args The arguments of `fn`.
   * @returns The result. Rejects like {@linkcode LoomRuntime.spawnCompute}.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * const greeting = "hello";
   * console.log(await runtime.spawnAsync(async () => await Promise.resolve(greeting)));
   * ```
   */
  spawnAsync<Args extends unknown[], Result, IsTask = false>(
    fn: MaybeTask<Args, Result, IsTask>,
    ...args: Args
  ): Promise<AsyncResult<Result, IsTask>> {
    return this.#spawnAsync(fn, args, true);
  }

  /**
   * Returns the calls of this runtime with options, as a view that can be kept.
   *
   * @throws {TypeError} If `key` is neither a string nor a number, the signal is none, or
   * `priority` or `queue` has an unknown value.
   * @throws {RangeError} If a time is not a number of milliseconds.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * const urgent = runtime.with({ priority: "high", timeoutMs: 5_000 });
   * console.log(await urgent.spawnCompute((n: number) => n * 2, 21)); // 42
   * ```
   */
  with(options: CallOptions): RuntimeView {
    return new RuntimeView(this.#viewHost, options);
  }

  /**
   * Runs a generator on a compute worker and iterates over its items: see
   * {@linkcode computeStream}.
   *
   * @param fn A generator function, or another function that returns an iterable, under the
   *   rules of {@linkcode LoomRuntime.spawnCompute}.
   * @param args The arguments of `fn`.
   * @returns Copies of the items, in order.
   */
  computeStream<Args extends unknown[], Item>(
    fn: (...args: Args) => Iterable<Item> | AsyncIterable<Item>,
    ...args: Args
  ): AsyncIterableIterator<Cloned<Item>> {
    if (this.observers.current !== undefined) {
      return this.with({}).computeStream(fn, ...args);
    }
    // The call is made when the first item is wanted.
    const site = captureSite();
    return streamOf(this.#endpoint, (memory) => {
      const task = this.#numbers.of(fn, "computeStream");
      const request = [...args, task, memory];
      return callFrom(
        site,
        () => this.#submit(this.#compute, serveStream, request, true),
      );
    });
  }

  /** Number of tracked calls of this thread that have not ended, by the pool they run on. */
  get inFlight(): { readonly compute: number; readonly async: number } {
    const async = this.#endpoint.taskCount +
      (this.#async?.inFlight.trackedCount ?? 0);
    const { inFlight } = this.#compute;
    return { compute: inFlight.trackedCount + this.#items.extraCount, async };
  }

  /**
   * Ends a runtime that is shutting down if this thread is idle. Called after calls of this
   * thread were settled.
   *
   * @internal
   */
  abstract noteSettled(): void;

  /**
   * Decides where adaptive calls run.
   *
   * @internal
   */
  protected abstract readonly adaptiveHost: AdaptiveHost;

  /**
   * Refuses calls from now on, except those of tracked tasks.
   *
   * @internal
   */
  protected refuseCalls(): void {
    this.#isClosing = true;
    this.#isPlain = false;
  }

  /**
   * Lets calls inherit the priority of the code that makes them, from now on. Finding that out
   * costs a little.
   *
   * @internal
   */
  inheritPriority(): void {
    this.#inherits = true;
    this.#isPlain = false;
  }

  /**
   * The observers of this thread have changed.
   *
   * @internal
   */
  noteObservers(): void {
    this.observers.refresh();
    this.#isPlain = this.observers.current === undefined &&
      this.#maxQueued === undefined && !this.#inherits && !this.#isClosing;
  }

  /**
   * Whether new calls are refused.
   *
   * @internal
   */
  protected get isClosing(): boolean {
    return this.#isClosing;
  }

  /**
   * Whether a call of the present code is refused. Tracked tasks may finish.
   *
   * @internal
   */
  protected get refuses(): boolean {
    return this.#isClosing && !isInsideTask(this);
  }

  #createViewHost(facts: RuntimeFacts): ViewHost {
    const endpoint = this.#endpoint;
    const [isClosing, inherits] = [() => this.#isClosing, () => this.#inherits];
    const adaptive = () => this.adaptiveHost;
    return {
      endpoint,
      compute: this.#compute,
      async: this.#async,
      items: this.#items,
      workers: facts.config.computeThreads,
      deadlines: endpoint.deadlines,
      graceMs: facts.config.cancelGraceMs,
      get isClosing() {
        return isClosing();
      },
      checkQueue: (caller) => this.#checkQueue(caller),
      get inherits() {
        return inherits();
      },
      get adaptive() {
        return adaptive();
      },
      observers: this.observers,
      taskOf: (fn) => {
        if (this.refuses) throw shutdownError();
        return this.#numbers.of(fn);
      },
      install: (fn, call) => {
        if (this.refuses) throw shutdownError();
        if (call.priority !== "normal") this.inheritPriority();
        return runInstalled(this, fn, call);
      },
      runHere: (fn, args, call) => {
        if (call.priority !== "normal") this.inheritPriority();
        return this.#local.run(fn, args, call);
      },
    };
  }

  #spawnAsync<Result>(
    fn: AnyFunction,
    args: unknown[],
    tracked: boolean,
  ): Promise<Result> {
    if (this.#async !== undefined && taskAddress(fn) !== undefined) {
      return this.#submit(this.#async, fn, args, tracked);
    }
    const local = this.#local;
    const result = tracked ? local.run(fn, args) : local.runUntracked(fn, args);
    return result as Promise<Result>;
  }

  /** @throws {QueueFullError} If no more calls may wait. */
  #checkQueue({ queue }: Caller): void {
    const limit = this.#maxQueued;
    if (limit === undefined || queue.hasRoom(limit)) return;
    throw new QueueFullError(queue.count, limit);
  }

  #submit<Result>(
    caller: Caller,
    fn: AnyFunction,
    args: unknown[],
    tracked: boolean,
  ): Promise<Result> {
    try {
      if (this.refuses) throw shutdownError();
      if (this.#maxQueued !== undefined) this.#checkQueue(caller);
      const task = this.#numbers.of(fn);
      const outer = this.#inherits && tracked ? runningCall() : undefined;
      const priority = outer?.priority ?? "normal";
      const observed = this.observers.current;
      if (observed === undefined && priority === "normal") {
        return caller.submit(task, args, tracked) as Promise<Result>;
      }
      const terms = { place: placeOf(priority), priority, tracked };
      const promise = observed === undefined
        ? submitSimple(caller, task, args, terms)
        : observed.make(caller, task, args, { ...terms, limits: undefined });
      return promise as Promise<Result>;
    } catch (error) {
      this.#endpoint.afterFailure();
      return Promise.reject(error);
    }
  }
}
