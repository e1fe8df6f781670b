/**
 * Runs parallel loops on the calling thread, with the help of compute workers.
 *
 * @module
 */

import { addFrames, calledFrom, captureSite } from "../calls/call_sites.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import {
  cancelledError,
  type RunningCall,
  runningCall,
} from "../limits/running_call.ts";
import { sendThrown } from "../calls/send_thrown.ts";
import type { SharedMemoryReader } from "../codec/shared_memory.ts";
import { WorkerLostError } from "../errors.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Functions } from "../tasks/functions.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";
import { noteTime, runAlone } from "./alone.ts";
import {
  type LeafValues,
  NO_LEAF,
  NOTHING,
  OwnResults,
  readResults,
} from "./collect.ts";
import { HelpCalls } from "./help_calls.ts";
import { HelpCost } from "./help_cost.ts";
import { Job, MAX_LEAVES } from "./job.ts";
import { runClaimed } from "./leaf.ts";
import { isAlive } from "./liveness.ts";
import {
  type CompiledLoop,
  crossesUnchanged,
  type LoopPlan,
  type LoopSpec,
} from "./loop.ts";
import { LoopCompiler } from "./loop_compiler.ts";

/** The most jobs that a thread keeps for later loops, those with late helpers among them. */
const MAX_FREE_JOBS = 64;

/** Of these, the most with a large store. */
const MAX_LARGE_JOBS = 2;

/** A loop of one leaf that a worker may be running. */
export interface StartedLoop {
  /** Runs the leaf unless a worker does, blocks until it ends, and returns its results. */
  finish(): LeafValues;
}

/**
 * The team that runs the loops of one thread: the thread itself and the compute workers
 * that help it.
 */
export class Team {
  /** The loops that this thread has compiled. */
  readonly compiler: LoopCompiler;
  readonly #endpoint: Endpoint;
  readonly #numbers: TaskNumbers;
  readonly #functions: Functions;
  readonly #workerCount: number;
  /** Number of compute workers on other threads. */
  readonly #othersCount: number;
  readonly #helpCalls: HelpCalls;
  readonly #helpCost = new HelpCost();
  readonly #jobs: Job[] = [];
  readonly #isAlive: (serial: number) => boolean;

  /**
   * @param workerCount Number of compute workers.
   * @param onDrained Called when this thread's completed calls were settled here.
   */
  constructor(
    endpoint: Endpoint,
    numbers: TaskNumbers,
    functions: Functions,
    workerCount: number,
    onDrained: () => void,
  ) {
    const { thread } = endpoint;
    // Thread 0 is the main one; the compute workers follow.
    const isWorker = thread >= 1 && thread <= workerCount;
    this.compiler = new LoopCompiler(numbers, functions);
    this.#endpoint = endpoint;
    this.#numbers = numbers;
    this.#functions = functions;
    this.#workerCount = workerCount;
    // While this thread blocks, only others can help.
    if (endpoint.host.isInline) this.#othersCount = 0;
    else this.#othersCount = isWorker ? workerCount - 1 : workerCount;
    this.#helpCalls = new HelpCalls(endpoint, numbers, onDrained);
    this.#isAlive = (serial) => isAlive(endpoint, serial);
  }

  /**
   * Runs a loop and blocks until it ends.
   *
   * @returns The results of its leaves.
   * @throws What a stage threw, or {@linkcode WorkerLostError}.
   */
  run(plan: LoopPlan): LeafValues {
    if (plan.length === 0) return [];
    const { guard } = this.#endpoint;
    if (guard.isInTasks) return guard.inLibrary(() => this.run(plan));
    const running = runningCall();
    const spec = this.#register(plan);
    const loop = this.compiler.compileNow(spec);
    const leaves = Math.min(plan.length, MAX_LEAVES);
    const own = new OwnResults(leaves);
    const helpers = Math.min(this.#othersCount, leaves - 1);
    const startMs = performance.now();
    const aloneMs = loop.itemMs * plan.length;
    let ranCount = 0;
    if (!this.#helpCost.isWorth(aloneMs, helpers, loop.waiting)) {
      const limitMs = helpers === 0
        ? Infinity
        : this.#helpCost.limitMs(aloneMs, loop.waiting);
      ranCount = runAlone(this.#endpoint, spec, loop, own, startMs, limitMs);
      if (ranCount === leaves) return this.#ownValues(spec, own);
    }
    const job = this.#acquireJob(plan.length, ranCount);
    try {
      this.#runAsCaller(job, spec, loop, own, running);
    } catch (error) {
      // Not an error of a stage: no stack is left.
      endEarly(job, own, error);
    }
    const values = this.#finish(job, spec, own, running);
    if (ranCount === 0) {
      this.#helpCost.learn(aloneMs, helpers, performance.now() - startMs);
    }
    return values;
  }

  /** Requests a worker for a short loop. The caller of this has to finish the loop. */
  start(plan: LoopPlan): StartedLoop {
    const { guard } = this.#endpoint;
    if (guard.isInTasks) return guard.inLibrary(() => this.start(plan));
    const running = runningCall();
    const spec = this.#register(plan);
    const loop = this.compiler.compileNow(spec);
    const job = this.#acquireJob(plan.length);
    if (this.#othersCount > 0) this.#helpCalls.request(job, spec, 1, running);
    const finish = (): LeafValues => {
      if (guard.isInTasks) return guard.inLibrary(finish);
      const own = new OwnResults(job.leaves);
      try {
        if (running?.isCancelled) job.cancel();
        const first = job.claim(0, MAX_LEAVES);
        if (first >= 0) {
          runClaimed(job, spec, loop.run, first, own, this.#endpoint);
        }
      } catch (error) {
        endEarly(job, own, error);
      }
      return this.#finish(job, spec, own, running);
    };
    return { finish };
  }

  /**
   * Runs a loop on the workers. The event loop of this thread keeps running.
   *
   * @returns The results of its leaves.
   * @throws What a stage threw, {@linkcode WorkerLostError}, or why the loop was cancelled.
   */
  async runAsync(plan: LoopPlan): Promise<LeafValues> {
    if (plan.length === 0) return [];
    const running = runningCall();
    running?.limits?.signal?.throwIfAborted();
    const site = captureSite();
    const spec = this.#register(plan);
    const job = this.#acquireJob(plan.length);
    const helpers = Math.min(this.#workerCount, job.leaves);
    const own = new OwnResults(job.leaves);
    // A helper may end after its part of the loop, before all parts have ended.
    const memory = this.#endpoint.sharedBuffers.keep();
    try {
      const calls: Promise<unknown>[] = [];
      try {
        this.#helpCalls.requestAsync(job, spec, helpers, running, calls);
      } catch (error) {
        endEarly(job, own, error);
      }
      const outcomes = await Promise.allSettled(calls);
      const failed = outcomes.find(({ status }) => status === "rejected");
      if (job.isCancelled) {
        this.#releaseJob(job);
        throw (failed as PromiseRejectedResult).reason;
      }
      const lost = job.lostRunner(this.#isAlive);
      if (lost >= 0) throw this.#abandon(job, lost);
      if (failed !== undefined) {
        const { reason } = failed as PromiseRejectedResult;
        // Shutdown rejects calls whose helpers may still run leaves.
        own.missing = reason;
        if (job.hasUnclaimed) endEarly(job, own, reason);
      }
      return this.#collect(job, spec, own, site, memory);
    } finally {
      memory.close();
    }
  }

  /** Copies a value as sending it to a worker would. */
  copy(value: unknown, label: string): unknown {
    return this.#endpoint.payloads.copy(value, label);
  }

  /**
   * Loads a function of the user as a worker would, so that it runs alike on all threads.
   * Returns a promise while the module of a task is being imported.
   */
  loadFunction(fn: AnyFunction): AnyFunction | Promise<AnyFunction> {
    return this.#functions.copy(this.#numbers.of(fn));
  }

  /**
   * Like {@linkcode Team.loadFunction}, without importing anything.
   *
   * @throws {InvalidTaskError} If the module of a task is not imported here.
   */
  loadFunctionNow(fn: AnyFunction): AnyFunction {
    return this.#functions.copyNow(this.#numbers.of(fn));
  }

  /** Copies the values even if no worker helps, so that stages always see the same. */
  #register(plan: LoopPlan): LoopSpec {
    const data = plan.data.map((value) =>
      crossesUnchanged(value) ? value : this.copy(value, "extra argument")
    );
    return this.compiler.register({ ...plan, data });
  }

  /** The results of a loop that its caller has run alone. */
  #ownValues(spec: LoopSpec, { values, failure }: OwnResults): LeafValues {
    if (failure === undefined) return values;
    const error = failure.leaf === NO_LEAF
      ? failure.error
      : this.#copyThrown(spec, failure.error);
    addFrames(error, calledFrom(captureSite()), this.#endpoint.diagnostics);
    throw error;
  }

  /** Runs leaves with the help of workers until none is left to claim. */
  #runAsCaller(
    job: Job,
    spec: LoopSpec,
    loop: CompiledLoop,
    own: OwnResults,
    running: RunningCall | undefined,
  ): void {
    const helpers = Math.min(this.#othersCount, job.leaves - 1);
    let startMs = performance.now();
    if (helpers !== 0) {
      this.#tryRequestHelp(job, spec, helpers, own, running);
    }
    // Items that wait are not to look as if they could do without help.
    if (loop.waiting === "no") startMs = performance.now();
    let ranCount = 0;
    while (own.failure === undefined) {
      if (running?.isCancelled) return job.cancel();
      const first = job.claim(helpers, MAX_LEAVES);
      if (first < 0) break;
      runClaimed(job, spec, loop.run, first, own, this.#endpoint);
      ranCount += job.claimedCount;
    }
    if (ranCount > 0 && own.failure === undefined) {
      const items = ranCount * spec.length / job.leaves;
      noteTime(loop, (performance.now() - startMs) / items);
    }
  }

  /** Requests helpers of a caller that blocks; if that fails, ends the loop with the error. */
  #tryRequestHelp(
    job: Job,
    spec: LoopSpec,
    count: number,
    own: OwnResults,
    running: RunningCall | undefined,
  ): void {
    try {
      if (job.hasUnclaimed) this.#helpCalls.request(job, spec, count, running);
    } catch (error) {
      endEarly(job, own, error);
    }
  }

  /** Waits for the helpers that run leaves and collects the results. */
  #finish(
    job: Job,
    spec: LoopSpec,
    own: OwnResults,
    running: RunningCall | undefined,
  ): LeafValues {
    const { guard } = this.#endpoint;
    // The leaf that it waits for may never end. This takes no step on the bridge.
    guard.toTasks();
    const lost = job.waitForRunners(
      this.#isAlive,
      () => running !== undefined && running.isCancelled,
    );
    guard.toLibrary();
    if (job.isCancelled) own.fail(NO_LEAF, cancelledError());
    if (lost >= 0) throw this.#abandon(job, lost);
    return this.#collect(job, spec, own, undefined);
  }

  /**
   * Adds the results of helpers to the caller's own and releases the job.
   *
   * @param site Where the loop was started, if that is not on the stack.
   * @param memory Finds the SharedArrayBuffers of helpers that may have ended.
   * @throws The error of the lowest leaf that failed.
   */
  #collect(
    job: Job,
    spec: LoopSpec,
    own: OwnResults,
    site: Error | undefined,
    memory?: SharedMemoryReader,
  ): LeafValues {
    const { failure } = own;
    let error = failure?.leaf === NO_LEAF ? failure.error : NOTHING;
    try {
      if (error === NOTHING) {
        error = readResults(
          job,
          own,
          this.#endpoint,
          (thrown) => this.#copyThrown(spec, thrown),
          memory,
        );
      }
    } catch (problem) {
      // A result that cannot be read: no memory is left, or its worker has ended since.
      error = problem;
    }
    this.#releaseJob(job);
    if (error === NOTHING) return own.values;
    addFrames(
      error,
      calledFrom(site ?? captureSite()),
      this.#endpoint.diagnostics,
    );
    throw error;
  }

  /** Copies an error of this thread as if it came from a worker. */
  #copyThrown(spec: LoopSpec, thrown: unknown): unknown {
    return sendThrown(
      thrown,
      (error) => this.copy(this.compiler.explain(spec, error), "error"),
    );
  }

  /** @param first The first leaf that the caller has not run. */
  #acquireJob(length: number, first = 0): Job {
    const leaves = Math.min(length, MAX_LEAVES);
    const index = this.#jobs.findIndex((job) => job.isReusable);
    const job = index < 0
      ? Job.create(this.#endpoint.control.threadCount)
      : this.#jobs.splice(index, 1)[0];
    job.reset(leaves, first);
    return job;
  }

  /** Keeps the memory for another loop, which may use it when all helpers have left. */
  #releaseJob(job: Job): void {
    job.endLoop();
    if (job.isLarge) {
      const large = this.#jobs.filter(({ isLarge }) => isLarge);
      if (large.length >= MAX_LARGE_JOBS) return;
    }
    this.#jobs.push(job);
    if (this.#jobs.length > MAX_FREE_JOBS) this.#jobs.shift();
  }

  /** Ends a loop that lost a worker. Its memory is not used again. */
  #abandon(job: Job, thread: number): WorkerLostError {
    job.endLoop();
    return new WorkerLostError(
      `Cannot finish parallel loop: worker ${thread} ended while it ran a part of it; ` +
        `a new worker takes its place`,
    );
  }
}

/** Ends a loop that cannot go on. Its result is the error. */
function endEarly(job: Job, own: OwnResults, error: unknown): void {
  own.fail(NO_LEAF, error);
  job.stop(0);
}
