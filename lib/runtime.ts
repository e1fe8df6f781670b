/**
 * The runtime as its users see it.
 *
 * @module
 */

import type { Caller } from "./calls/caller.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import type { ExplainedSetting } from "./config/merge.ts";
import type { LoomConfig } from "./config/schema.ts";
import { ShutdownError } from "./errors.ts";
import type {
  AsyncHandle,
  ComputePool,
  Lifecycle,
  ThreadInfo,
} from "./handles.ts";
import type { RuntimeFacts } from "./handshake.ts";
import { Team } from "./jobs/team.ts";
import {
  allocate,
  type NumericArray,
  type NumericArrayClass,
  type Shared,
} from "./numeric_array.ts";
import { formatCpuset } from "./placement/cpuset.ts";
import { reserveMemory } from "./placement/memory.ts";
import {
  ConcurrentMap,
  type MapOptions,
  type Source,
} from "./streams/concurrent_map.ts";
import { type TransformPair, transformPair } from "./streams/transform.ts";
import { TaskNumbers } from "./tasks/numbers.ts";
import { taskAddress } from "./tasks/task.ts";

// deno-lint-ignore no-explicit-any -- stands for every function
type AnyFunction = (...args: any[]) => unknown;

/** Items on their way for each compute worker, unless told. */
const ITEMS_PER_WORKER = 2;

/**
 * A pool of pinned compute workers and event loops. Build one with
 * {@linkcode LoomBuilder}; inside a worker, {@linkcode currentRuntime} gives the same
 * runtime as seen from there.
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
export class LoomRuntime implements AsyncDisposable {
  /** Untracked access to the compute workers. */
  readonly computePool: ComputePool;
  /** Untracked access to the event loops. */
  readonly asyncHandle: AsyncHandle;
  readonly #endpoint: Endpoint;
  readonly #facts: RuntimeFacts;
  readonly #lifecycle: Lifecycle;
  readonly #numbers: TaskNumbers;
  readonly #compute: Caller;
  readonly #async: Caller | undefined;
  readonly #team: Team;
  #asyncCount = 0;
  #closing = false;

  /** Used by {@linkcode LoomBuilder.build} and by workers. */
  constructor(
    endpoint: Endpoint,
    facts: RuntimeFacts,
    lifecycle: Lifecycle,
    scope: Readonly<Record<string, unknown>>,
  ) {
    this.#endpoint = endpoint;
    this.#facts = facts;
    this.#lifecycle = lifecycle;
    this.#numbers = new TaskNumbers(endpoint.tasks);
    this.#compute = endpoint.compute;
    this.#async = endpoint.async;
    this.#team = new Team(
      endpoint,
      this.#numbers,
      facts.config.computeThreads!,
      scope,
      () => queueMicrotask(() => this.noteSettled()),
    );
    this.computePool = Object.freeze<ComputePool>({
      threads: facts.config.computeThreads!,
      spawn: (fn, ...args) => this.#spawnCompute(fn, args, false),
    });
    this.asyncHandle = Object.freeze<AsyncHandle>({
      threads: facts.config.asyncThreads,
      spawn: (fn, ...args) => this.#spawnAsync(fn, args, false),
    });
  }

  /**
   * Runs `fn` on a pinned compute worker and resolves with its result. `fn` is either
   * self-contained, using its arguments and global names only, or a module {@linkcode task}.
   * If it returns a promise, the worker serves other calls until that settles.
   *
   * Arguments and result cross by value, as `structuredClone` copies them; a
   * SharedArrayBuffer, or a view of one, crosses by reference.
   *
   * Rejects with what `fn` throws; with a `DataCloneError` for what cannot be copied,
   * {@linkcode PayloadTooLargeError}, {@linkcode CapturedVariableError},
   * {@linkcode WorkerLostError} when the worker ends first, and {@linkcode ShutdownError}
   * once shutdown has begun.
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
  ): Promise<Awaited<Result>>;
  // A rest parameter allocates an array for each call, which costs more than the rest of a
  // call does; so a call with one number goes without.
  spawnCompute(fn: AnyFunction, first?: unknown): Promise<unknown> {
    if (arguments.length === 2 && typeof first === "number" && !this.#closing) {
      try {
        return this.#compute.submitNumber(this.#numbers.of(fn), first, true);
      } catch (error) {
        this.#endpoint.afterFailure();
        return Promise.reject(error);
      }
    }
    return this.#spawnCompute(
      fn,
      Array.prototype.slice.call(arguments, 1),
      true,
    );
  }

  /**
   * Runs `fn` on an event loop and resolves with its result. A plain function may use
   * whatever is in scope and runs on the calling thread, soon. A module {@linkcode task}
   * runs on one of the event-loop workers when there are any (`asyncThreads` above 1); each
   * of those serves many at once.
   *
   * Rejects like {@linkcode LoomRuntime.spawnCompute}.
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
  spawnAsync<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Awaited<Result>> {
    return this.#spawnAsync(fn, args, true);
  }

  /**
   * Runs `fn` on the calling thread, with this runtime as the current one, and returns what
   * it returns. Parallel iterators inside block the thread, which works with the compute
   * workers; on an event loop use it for moments only, or the iterators' `…Async` forms.
   */
  install<T>(fn: () => T): T {
    if (this.#closing) throw shutdownError();
    return this.#lifecycle.install(fn);
  }

  /**
   * A new typed array of zeroes over shared memory, which crosses by reference. Where the
   * threads are on several NUMA nodes, a large one is spread over those of the workers.
   */
  alloc<A extends NumericArray>(
    type: NumericArrayClass<A>,
    length: number,
  ): Shared<A> {
    const { arrayNodes } = this.#facts;
    return allocate(type, length, (bytes) => reserveMemory(bytes, arrayNodes));
  }

  /** Maps a source by calls of `fn` on the workers: see {@linkcode computeMap}. */
  computeMap<T, R>(
    source: Source<T>,
    fn: (item: T) => R,
    options: MapOptions = {},
  ): AsyncIterableIterator<Awaited<R>> {
    const { concurrency = this.computeThreads * ITEMS_PER_WORKER } = options;
    const call = (item: T) => this.spawnCompute(fn, item);
    return new ConcurrentMap(source, call, concurrency, options);
  }

  /**
   * The same for `pipeThrough()`. Cancelling either stream, an error of either, or of an
   * item, ends both.
   */
  computeTransform<T, R>(
    fn: (item: T) => R,
    options: MapOptions = {},
  ): TransformPair<T, Awaited<R>> {
    const { concurrency = this.computeThreads * ITEMS_PER_WORKER } = options;
    const call = (item: T) => this.spawnCompute(fn, item);
    return transformPair(call, concurrency, options);
  }

  /** @internal Runs loops on this thread and the workers, for parallel iterators. */
  get team(): Team {
    if (this.#closing) throw shutdownError();
    return this.#team;
  }

  /** Tracked calls and tasks of this thread that have not ended, by where they run. */
  get inFlight(): { readonly compute: number; readonly async: number } {
    return {
      compute: this.#compute.trackedCount,
      async: this.#asyncCount + (this.#async?.trackedCount ?? 0),
    };
  }

  /** Whether no tracked call or task of this thread is in flight. */
  isIdle(): boolean {
    return this.#asyncCount === 0 && this.#endpoint.trackedCount === 0;
  }

  /**
   * Begins to shut down: this thread's new calls reject with {@linkcode ShutdownError}.
   * What is in flight goes on, with the calls that it makes on workers; after it the threads
   * end. Untracked calls on workers that are unfinished then reject with the same error. Calling
   * it again changes nothing. Does not wait: see {@linkcode LoomRuntime.blockUntilIdle}.
   */
  shutdown(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#lifecycle.begin();
    this.#endIfIdle();
  }

  /**
   * Resolves when the runtime has been shut down and all its threads have ended. Rejects on
   * a worker, which could only wait for its own end.
   */
  waitForShutdown(): Promise<void> {
    return this.#lifecycle.ended();
  }

  /** Shuts down and resolves when all tracked work is done and all threads have ended. */
  blockUntilIdle(): Promise<void> {
    this.shutdown();
    return this.waitForShutdown();
  }

  /** The same as {@linkcode LoomRuntime.blockUntilIdle}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.blockUntilIdle();
  }

  /** The configuration, with the numbers of threads that were chosen. */
  get config(): LoomConfig {
    return this.#facts.config;
  }

  /**
   * Says for each setting its value, where that came from, and what it replaced;
   * {@linkcode formatExplain} shows it as a table.
   */
  explain(): ExplainedSetting[] {
    return [...this.#facts.settings];
  }

  /** CPUs of the event loops, in order of their numbers; the main one comes first. */
  get asyncCpus(): readonly number[] {
    return this.#facts.asyncCpus;
  }

  /** CPUs of the compute workers, in order of their numbers. */
  get computeCpus(): readonly number[] {
    return this.#facts.computeCpus;
  }

  /** CPUs that the runtime may use: what the process may use, within the cpuset. */
  get effectiveCpuset(): readonly number[] {
    return this.#facts.effectiveCpuset;
  }

  /** Number of event loops, the main one included. */
  get asyncThreads(): number {
    return this.#facts.config.asyncThreads;
  }

  /** Number of compute workers. */
  get computeThreads(): number {
    return this.#facts.config.computeThreads!;
  }

  /** The runtime's threads, the main one first. */
  threads(): ThreadInfo[] {
    return this.#facts.threads.map((
      { thread, name, kernelName, role, cpu },
    ) => ({
      name,
      kernelName,
      role,
      cpu,
      threadId: this.#endpoint.control.threadId(thread),
    }));
  }

  /** Name, threads and CPUs in one line. */
  toString(): string {
    const { prefix } = this.config;
    const isPinned = this.#facts.threads[0].cpu !== null;
    const on = (cpus: readonly number[]) => {
      if (!isPinned) return "";
      return ` on CPU${cpus.length === 1 ? "" : "s"} ${formatCpuset(cpus)}`;
    };
    const loops = `${this.asyncThreads} async${on(this.asyncCpus)}`;
    const workers = `${this.computeThreads} compute${on(this.computeCpus)}`;
    return `LoomRuntime ${prefix}: ${loops}, ${workers}`;
  }

  /** Called by the loop that drives this thread, after calls were settled. */
  noteSettled(): void {
    if (this.#closing) this.#endIfIdle();
  }

  #spawnCompute<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    args: Args,
    tracked: boolean,
  ): Promise<Awaited<Result>> {
    if (this.#closing) return refused();
    try {
      const task = this.#numbers.of(fn);
      return this.#compute.submit(task, args, tracked) as Promise<
        Awaited<Result>
      >;
    } catch (error) {
      this.#endpoint.afterFailure();
      return Promise.reject(error);
    }
  }

  #spawnAsync<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    args: Args,
    tracked: boolean,
  ): Promise<Awaited<Result>> {
    if (this.#closing) return refused();
    try {
      if (this.#async !== undefined && taskAddress(fn) !== undefined) {
        const task = this.#numbers.of(fn);
        return this.#async.submit(task, args, tracked) as Promise<
          Awaited<Result>
        >;
      }
    } catch (error) {
      return Promise.reject(error);
    }
    const result = Promise.resolve().then(() => fn(...args)) as Promise<
      Awaited<Result>
    >;
    return tracked ? this.#track(result) : result;
  }

  #track<T>(promise: Promise<T>): Promise<T> {
    this.#asyncCount++;
    return promise.finally(() => {
      this.#asyncCount--;
      this.noteSettled();
    });
  }

  #endIfIdle(): void {
    if (this.isIdle()) this.#lifecycle.end();
  }
}

function refused(): Promise<never> {
  return Promise.reject(shutdownError());
}

function shutdownError(): ShutdownError {
  return new ShutdownError("Cannot start call: the runtime is shutting down");
}
