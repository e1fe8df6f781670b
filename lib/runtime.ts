/**
 * A runtime: calls, parallel iterators, streams and shutdown.
 *
 * @module
 */

import type { Endpoint } from "./calls/endpoint.ts";
import { Team } from "./jobs/team.ts";
import {
  checkShutdownOptions,
  type Lifecycle,
  shutdownError,
  type ShutdownOptions,
} from "./lifecycle.ts";
import { readMetrics } from "./metrics/read.ts";
import type { RuntimeMetrics } from "./metrics/types.ts";
import {
  allocate,
  type NumericArray,
  type NumericArrayClass,
  type Shared,
} from "./numeric_array.ts";
import type { Cloned } from "./cloned.ts";
import { reserveMemory } from "./placement/memory.ts";
import { runUnpinned } from "./affinity/thread_mask.ts";
import { AdaptiveRuntime } from "./runtime_adaptive.ts";
import { runInstalled } from "./runtime_context.ts";
import type { RuntimeFacts } from "./runtime_facts.ts";
import type { RuntimeStats } from "./handles.ts";
import { describeRuntime, readStats } from "./runtime_stats.ts";
import { showState } from "./shown_state.ts";
import type { Functions } from "./tasks/functions.ts";
import { TaskNumbers } from "./tasks/numbers.ts";
import type { TaskTable } from "./tasks/task_table.ts";
import type { TraceDocument } from "./trace/document.ts";
import type { Traced } from "./trace/trace.ts";

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
export class LoomRuntime extends AdaptiveRuntime implements AsyncDisposable {
  readonly #endpoint: Endpoint;
  readonly #facts: RuntimeFacts;
  readonly #lifecycle: Lifecycle;
  readonly #team: Team;
  readonly #functions: Functions;
  #hasEnded = false;

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
    const numbers = new TaskNumbers(functions.table);
    super(endpoint, facts, functions, numbers);
    this.#endpoint = endpoint;
    this.#facts = facts;
    this.#lifecycle = lifecycle;
    this.#functions = functions;
    this.#team = new Team(
      endpoint,
      numbers,
      functions,
      facts.config.computeThreads,
      () => queueMicrotask(() => this.noteSettled()),
    );
  }

  static {
    showState(this, (self) => self.#describe());
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
    if (this.refuses) throw shutdownError();
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
   * Runs the loops of parallel iterators.
   *
   * @internal
   * @throws {ShutdownError} If shutdown has begun.
   */
  get team(): Team {
    if (this.refuses) throw shutdownError();
    return this.#team;
  }

  /**
   * This thread's side of the bridge.
   *
   * @internal
   */
  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  /**
   * The functions that the workers can run.
   *
   * @internal
   */
  get tasks(): TaskTable {
    return this.#functions.table;
  }

  /**
   * Whether no tracked call is in flight, of this thread or of a worker. A worker that has made
   * calls says a moment after the last one that it has none, so right after the result of such a
   * task this may still be false.
   */
  isIdle(): boolean {
    return this.#endpoint.isIdle;
  }

  /**
   * Returns how many calls wait and run, and what each worker does.
   *
   * The numbers are read from shared memory, and nothing is counted for them while calls are
   * made. Reading them takes some microseconds for each thread. Calls that begin or end
   * meanwhile may be in several numbers, or in none.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * await runtime.spawnCompute((n: number) => n, 1);
   * const { queued, running, begun } = runtime.stats().compute;
   * console.log(queued, running, begun); // 0 0 1
   * ```
   */
  stats(): RuntimeStats {
    return readStats(this.#endpoint, this.#facts);
  }

  /**
   * Returns what all threads have counted since the runtime started, and how long calls took.
   *
   * Counting costs a call a few nanoseconds and is always on. Reading the counts takes some
   * microseconds for each thread and allocates a few kilobytes, and holds up nobody.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * const square = (n: number) => n * n;
   * await Promise.all([1, 2, 3].map((n) => runtime.spawnCompute(square, n)));
   * const { tasks, latency } = runtime.metrics();
   * console.log(tasks[0].runs); // 3
   * console.log(latency.percentile(99) > 0); // true
   * ```
   */
  metrics(): RuntimeMetrics {
    const stats = this.stats();
    const { tasks: table, adaptive: { decisions } } = this;
    return readMetrics(this.#endpoint, this.#facts, table, stats, decisions);
  }

  /** What `console.log()` shows. */
  #describe(): object {
    if (this.#hasEnded) {
      return { name: this.#facts.config.prefix, phase: "ended" };
    }
    const phase = this.isClosing ? "shutting down" : "running";
    const stats = this.stats();
    return describeRuntime(this.#endpoint, this.#facts, stats, phase);
  }

  /**
   * Records the calls of all threads for some time, and returns them as a document in the Trace
   * Event format, which Perfetto and `chrome://tracing` open: a track for each thread, and arrows
   * from callers to workers. Write it to a file as JSON.
   *
   * While it records, each call is timed, which takes a fraction of a microsecond. Of programs
   * that make very many calls, the document has only some; it says how many are missing.
   *
   * @param ms For how long, in milliseconds, at most 600,000.
   * @throws {RangeError} If the time is none.
   * @throws {Error} If called on a worker.
   *
   * @example Usage
   * ```ts
   * import { writeFile } from "node:fs/promises";
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * const tracing = runtime.trace(20);
   * await runtime.spawnCompute((n: number) => n * n, 12);
   * await writeFile("/tmp/loom-trace.json", JSON.stringify(await tracing));
   * ```
   */
  async trace(ms: number): Promise<TraceDocument> {
    const { trace } = await import("./trace/trace.ts");
    return await trace(this.traced, ms, true);
  }

  /**
   * What is recorded, for tools.
   *
   * @internal
   */
  get traced(): Traced {
    const { tasks: table } = this;
    return { endpoint: this.#endpoint, facts: this.#facts, table };
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
    if (this.#lifecycle.begin(options)) this.refuseCalls();
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
    if (this.isClosing && this.isIdle()) this.#lifecycle.end();
  }

  /**
   * Says that all threads have ended.
   *
   * @internal
   */
  noteEnded(): void {
    this.#hasEnded = true;
  }
}
