/**
 * The calls of a runtime.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import type { Cloned } from "./cloned.ts";
import type { AsyncHandle, ComputePool } from "./handles.ts";
import { QueueFullError } from "./errors.ts";
import { shutdownError } from "./lifecycle.ts";
import { isInsideTask, runInstalled, runInTask } from "./runtime_context.ts";
import type { RuntimeFacts } from "./runtime_facts.ts";
import { RuntimeInfo } from "./runtime_info.ts";
import { ConcurrentMap } from "./streams/concurrent_map.ts";
import { ItemCalls } from "./streams/item_calls.ts";
import { streamOf } from "./streams/open_stream.ts";
import type {
  AnyMapOptions,
  ComputeMap,
  ComputeTransform,
} from "./streams/options.ts";
import type { MapCalls } from "./streams/sender.ts";
import { serveStream } from "./streams/serve_stream.ts";
import type { Source } from "./streams/source.ts";
import { transformPair } from "./streams/transform.ts";
import type { AnyFunction } from "./tasks/function.ts";
import type { Functions } from "./tasks/functions.ts";
import type { TaskNumbers } from "./tasks/numbers.ts";
import { type AsyncResult, type MaybeTask, taskAddress } from "./tasks/task.ts";
import { type CallOptions, RuntimeView } from "./view.ts";

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
  readonly #endpoint: Endpoint;
  readonly #numbers: TaskNumbers;
  readonly #compute: Caller;
  readonly #async: Caller | undefined;
  readonly #items: ItemCalls;
  /** How many calls of this thread may wait; undefined means any number. */
  readonly #maxQueued: number | undefined;
  #isClosing = false;
  /** Whether every call is accepted. */
  #isOpen: boolean;

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
    this.#maxQueued = endpoint.thread === 0
      ? facts.config.maxQueuedCalls
      : undefined;
    this.#isOpen = this.#maxQueued === undefined;
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
    this.computeMap =
      ((source: Source<unknown>, fn: AnyFunction, options = {}) =>
        new ConcurrentMap(
          source,
          this.#mapping(fn, options),
          options,
        )) as ComputeMap;
    this.computeTransform =
      ((fn: AnyFunction, options: AnyMapOptions = {}) =>
        transformPair(this.#mapping(fn, options), options)) as ComputeTransform;
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
      arguments.length === 2 && typeof first === "number" && this.#isOpen
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
   * Like {@linkcode LoomRuntime.spawnCompute} if a worker is free to begin the call soon.
   * Otherwise does nothing: the caller may do the work itself, later or not at all.
   *
   * @param fn The function, under the rules of {@linkcode LoomRuntime.spawnCompute}.
   * @param args The arguments of `fn`.
   * @returns The promise of the result; undefined if all workers are busy.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * const square = (n: number) => n * n;
   * console.log(await (runtime.trySpawnCompute(square, 12) ?? square(12))); // 144
   * ```
   */
  trySpawnCompute<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> | undefined {
    return this.with({}).trySpawnCompute(fn, ...args);
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
   * Runs `fn` once on each compute worker and resolves with the results, in the order of the
   * workers. A worker that is busy runs it when it has returned to its other calls.
   *
   * What `fn` leaves in the globals or modules of a worker is gone when that worker is replaced.
   *
   * @param fn The function, under the rules of {@linkcode LoomRuntime.spawnCompute}.
   * @param args The arguments of `fn`, which each worker gets as a copy.
   * @returns Copies of the results. Rejects like {@linkcode LoomRuntime.spawnCompute}, with the
   *   first error of any worker; with {@linkcode WorkerLostError} if a worker ends while it
   *   runs `fn`.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().computeThreads(1).build();
   * const versions = await runtime.onEachWorker(() => navigator.userAgent);
   * console.log(versions.length); // 1
   * ```
   */
  onEachWorker<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>[]> {
    return this.with({}).onEachWorker(fn, ...args);
  }

  /**
   * Returns the calls of this runtime with options, as a view that can be kept.
   *
   * @throws {TypeError} If `key` is neither a string nor a number.
   */
  with(options: CallOptions): RuntimeView {
    return new RuntimeView({
      endpoint: this.#endpoint,
      compute: this.#compute,
      submit: (fn, submit) => {
        if (this.refuses) throw shutdownError();
        try {
          submit(this.#numbers.of(fn));
        } catch (error) {
          this.#endpoint.afterFailure();
          throw error;
        }
      },
      checkQueue: () => this.#checkQueue(this.#compute),
    }, options);
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
    return streamOf(this.#endpoint, (memory) => {
      const task = this.#numbers.of(fn, "computeStream");
      const request = [...args, task, memory];
      return this.#submit(this.#compute, serveStream, request, true);
    });
  }

  /** Number of tracked calls of this thread that have not ended, by the pool they run on. */
  get inFlight(): { readonly compute: number; readonly async: number } {
    const async = this.#endpoint.taskCount +
      (this.#async?.inFlight.trackedCount ?? 0);
    const compute = this.#compute.inFlight.trackedCount +
      this.#items.extraCount;
    return { compute, async };
  }

  /**
   * Ends a runtime that is shutting down if this thread is idle. Called after calls of this
   * thread were settled.
   *
   * @internal
   */
  abstract noteSettled(): void;

  /**
   * Refuses calls from now on, except those of tracked tasks.
   *
   * @internal
   */
  protected refuseCalls(): void {
    this.#isClosing = true;
    this.#isOpen = false;
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

  #mapping(
    fn: AnyFunction,
    options: AnyMapOptions,
  ): MapCalls<unknown, unknown> {
    // A mapping limits itself.
    const calls = this.#isOpen ? this : this.with({ queue: "wait" });
    return this.#items.mapping(fn, options, {
      workers: this.computeThreads,
      one: (item, args) =>
        args.length === 0
          ? calls.spawnCompute(fn, item)
          : calls.spawnCompute(fn, item, ...args),
      oneWithKey: (key, item, args) =>
        this.with({ key, queue: "wait" }).spawnCompute(fn, item, ...args),
      refuses: () => this.#isClosing,
    });
  }

  #spawnAsync<Result>(
    fn: AnyFunction,
    args: unknown[],
    tracked: boolean,
  ): Promise<Result> {
    if (this.#async !== undefined && taskAddress(fn) !== undefined) {
      return this.#submit(this.#async, fn, args, tracked);
    }
    if (this.refuses) return Promise.reject(shutdownError());
    const task = Promise.resolve();
    const run = () => fn(...args) as Awaited<Result>;
    if (!tracked) return task.then(() => runInstalled(this, run));
    return this.#endpoint.trackTask(
      task.then(() => runInTask(this, run)),
      () => this.noteSettled(),
    );
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
      return caller.submit(task, args, tracked) as Promise<Result>;
    } catch (error) {
      this.#endpoint.afterFailure();
      return Promise.reject(error);
    }
  }
}
