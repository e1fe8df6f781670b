/**
 * A runtime: calls, parallel iterators, streams and shutdown.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import type { Cloned } from "./cloned.ts";
import type { AsyncHandle, ComputePool } from "./handles.ts";
import { Team } from "./jobs/team.ts";
import {
  checkShutdownOptions,
  type Lifecycle,
  shutdownError,
  type ShutdownOptions,
} from "./lifecycle.ts";
import {
  allocate,
  type NumericArray,
  type NumericArrayClass,
  type Shared,
} from "./numeric_array.ts";
import { reserveMemory } from "./placement/memory.ts";
import { runUnpinned } from "./affinity/thread_mask.ts";
import { isInsideTask, runInstalled, runInTask } from "./runtime_context.ts";
import type { RuntimeFacts } from "./runtime_facts.ts";
import { RuntimeInfo } from "./runtime_info.ts";
import {
  ConcurrentMap,
  type MapOptions,
  type Source,
} from "./streams/concurrent_map.ts";
import { ItemCalls } from "./streams/item_calls.ts";
import type { MapCalls } from "./streams/sender.ts";
import { type TransformPair, transformPair } from "./streams/transform.ts";
import type { AnyFunction } from "./tasks/function.ts";
import type { Functions } from "./tasks/functions.ts";
import { TaskNumbers } from "./tasks/numbers.ts";
import { type AsyncResult, type MaybeTask, taskAddress } from "./tasks/task.ts";

/**
 * A pool of pinned compute workers and event loops. Build one with
 * {@linkcode LoomBuilder}. Inside a task, {@linkcode currentRuntime} returns the runtime of
 * the worker, which shares the threads of this one.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().prefix("myapp").build();
 * const total = await runtime.spawnCompute((n: number) => {
 *   let sum = 0;
 *   for (let i = 0; i < n; i++) sum += i;
 *   return sum;
 * }, 1_000_000);
 * console.log(total); // 499999500000
 * ```
 */
export class LoomRuntime extends RuntimeInfo implements AsyncDisposable {
  /** Untracked calls on the compute workers: shutdown does not wait for them. */
  readonly computePool: ComputePool;
  /** Untracked calls on the event loops: shutdown does not wait for them. */
  readonly asyncHandle: AsyncHandle;
  readonly #endpoint: Endpoint;
  readonly #facts: RuntimeFacts;
  readonly #lifecycle: Lifecycle;
  readonly #numbers: TaskNumbers;
  readonly #compute: Caller;
  readonly #async: Caller | undefined;
  readonly #team: Team;
  readonly #items: ItemCalls;
  #closing = false;

  /**
   * For {@linkcode LoomBuilder.build} and for workers only.
   *
   * @internal
   */
  constructor(
    endpoint: Endpoint,
    facts: RuntimeFacts,
    lifecycle: Lifecycle,
    functions: Functions,
  ) {
    super(facts, (thread) => endpoint.control.threadId(thread));
    this.#endpoint = endpoint;
    this.#facts = facts;
    this.#lifecycle = lifecycle;
    this.#numbers = new TaskNumbers(functions.table);
    this.#items = new ItemCalls(endpoint, this.#numbers, functions);
    this.#compute = endpoint.compute;
    this.#async = endpoint.async;
    this.#team = new Team(
      endpoint,
      this.#numbers,
      functions,
      facts.config.computeThreads,
      () => queueMicrotask(() => this.noteSettled()),
    );
    this.computePool = Object.freeze<ComputePool>({
      threads: facts.config.computeThreads,
      spawn: (fn, ...args) => this.#submit(this.#compute, fn, args, false),
    });
    this.asyncHandle = Object.freeze<AsyncHandle>({
      threads: facts.config.asyncThreads,
      spawn: (fn, ...args) => this.#spawnAsync(fn, args, false),
    });
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
    if (arguments.length === 2 && typeof first === "number" && !this.#closing) {
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
   * Runs `fn` on the calling thread with this runtime as the current one, also after an
   * `await`.
   *
   * Parallel iterators inside `fn` block the thread, which takes part in the work. On an
   * event loop, block only briefly, or use the forms whose names end in `Async`.
   *
   * @param fn The function.
   * @returns What `fn` returns.
   * @throws {ShutdownError} If shutdown has begun.
   */
  install<T>(fn: () => T): T {
    if (this.#refuses) throw shutdownError();
    return runInstalled(this, fn);
  }

  /**
   * Runs `fn` while the calling thread may use all CPUs of the process, until `fn` has
   * returned, or until the promise that it returns is settled. Child processes and Workers
   * that `fn` starts may use all CPUs, too. They mostly may without this; on Deno, the
   * exceptions are `spawnSync`, `execSync` and `execFileSync` of `node:child_process` where
   * a module has imported them by name.
   *
   * @param fn The function.
   * @returns What `fn` returns. In place of a promise it is one that settles alike, when the
   *   thread is pinned again.
   *
   * @example Usage
   * ```ts
   * import { spawnSync } from "node:child_process";
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * const child = runtime.unpinned(() => spawnSync("nproc"));
   * console.log(`${child.stdout}`.trim()); // the CPUs of the process
   * ```
   */
  unpinned<T>(fn: () => T): T {
    return runUnpinned(this.#facts.processCpus, fn);
  }

  /**
   * Creates a typed array of zeroes over shared memory, which is passed by reference. If
   * the workers run on several NUMA nodes, a large array is spread over those nodes.
   *
   * @param type The class, such as `Float64Array`.
   */
  alloc<A extends NumericArray>(
    type: NumericArrayClass<A>,
    length: number,
  ): Shared<A> {
    const { arrayNodes } = this.#facts;
    return allocate(type, length, (bytes) => reserveMemory(bytes, arrayNodes));
  }

  /**
   * Maps a source by calls of `fn` on the compute workers: see {@linkcode computeMap}.
   *
   * @param source Any iterable, async iterable or ReadableStream.
   * @param fn Maps one item, under the rules of {@linkcode LoomRuntime.spawnCompute}.
   * @returns Copies of the results, in the order of the items unless `ordered` is false.
   */
  computeMap<T, R>(
    source: Source<T>,
    fn: (item: T) => R,
    options: MapOptions = {},
  ): AsyncIterableIterator<Cloned<Awaited<R>>> {
    return new ConcurrentMap(source, this.#mapping(fn), options);
  }

  /**
   * Like {@linkcode LoomRuntime.computeMap}, for `pipeThrough()`. An error in either
   * stream or of an item ends both streams, and so does cancelling one of them.
   *
   * @returns A pair of streams: items go in, results come out.
   */
  computeTransform<T, R>(
    fn: (item: T) => R,
    options: MapOptions = {},
  ): TransformPair<T, Cloned<Awaited<R>>> {
    return transformPair(this.#mapping(fn), options);
  }

  /**
   * Runs the loops of parallel iterators.
   *
   * @internal
   * @throws {ShutdownError} If shutdown has begun.
   */
  get team(): Team {
    if (this.#refuses) throw shutdownError();
    return this.#team;
  }

  /** Number of tracked calls of this thread that have not ended, by the pool they run on. */
  get inFlight(): { readonly compute: number; readonly async: number } {
    const async = this.#endpoint.taskCount + (this.#async?.trackedCount ?? 0);
    const compute = this.#compute.trackedCount + this.#items.extraCount;
    return { compute, async };
  }

  /** Whether no tracked call is in flight, of this thread or of a worker. */
  isIdle(): boolean {
    return this.#endpoint.isIdle;
  }

  /**
   * Begins to shut down and returns at once.
   *
   * New calls reject with {@linkcode ShutdownError}. Tracked calls in flight run to their
   * end, with the calls that they make; then the threads end. Untracked calls that are
   * unfinished at that point reject with the same error, and workers that still run one are
   * terminated. Called again, it can only shorten the limit.
   *
   * @param options How long tracked calls may take; by default as long as they need.
   * @throws {RangeError} If a time is not a number from 0 on.
   */
  shutdown(options: ShutdownOptions = {}): void {
    checkShutdownOptions(options);
    if (this.#lifecycle.begin(options)) this.#closing = true;
    this.noteSettled();
  }

  /**
   * Resolves when the runtime has been shut down and all its threads have ended.
   *
   * @throws {Error} If called on a worker, which would wait for its own end.
   */
  waitForShutdown(): Promise<void> {
    return this.#lifecycle.ended();
  }

  /** Replaces all compute workers, each when it has no unfinished calls, one by one. */
  recycle(): Promise<void> {
    return this.#lifecycle.recycle();
  }

  /** Shuts down; resolves when all tracked calls and all threads have ended. */
  blockUntilIdle(options: ShutdownOptions = {}): Promise<void> {
    this.shutdown(options);
    return this.waitForShutdown();
  }

  /** Does what {@linkcode LoomRuntime.blockUntilIdle} does, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.blockUntilIdle();
  }

  /**
   * Ends a runtime that is shutting down if this thread is idle. Called after calls of this
   * thread were settled.
   *
   * @internal
   */
  noteSettled(): void {
    if (this.#closing && this.isIdle()) this.#lifecycle.end();
  }

  /** Whether a call of the present code is refused. Tracked tasks may finish. */
  get #refuses(): boolean {
    return this.#closing && !isInsideTask(this);
  }

  #mapping<T, R>(fn: (item: T) => R): MapCalls<T, Cloned<Awaited<R>>> {
    return {
      workers: this.computeThreads,
      one: (item) => this.spawnCompute(fn, item),
      takesSeveral: () => this.#items.mayRun(fn),
      rest: () => this.#endpoint.rest(),
      hurry: () => this.#endpoint.hurry(),
      several: (items) =>
        this.#closing ? undefined : this.#items.spawn(fn, items),
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
    if (this.#refuses) return Promise.reject(shutdownError());
    const task = Promise.resolve();
    const run = () => fn(...args) as Awaited<Result>;
    if (!tracked) return task.then(() => runInstalled(this, run));
    return this.#endpoint.trackTask(
      task.then(() => runInTask(this, run)),
      () => this.noteSettled(),
    );
  }

  #submit<Result>(
    caller: Caller,
    fn: AnyFunction,
    args: unknown[],
    tracked: boolean,
  ): Promise<Result> {
    if (this.#refuses) return Promise.reject(shutdownError());
    try {
      const task = this.#numbers.of(fn);
      return caller.submit(task, args, tracked) as Promise<Result>;
    } catch (error) {
      this.#endpoint.afterFailure();
      return Promise.reject(error);
    }
  }
}
