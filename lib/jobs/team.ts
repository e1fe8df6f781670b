/**
 * Runs parallel loops on the calling thread, with the help of compute workers.
 *
 * @module
 */

import { captureSite } from "../calls/call_sites.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { type RunningCall, runningCall } from "../limits/running_call.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { Functions } from "../tasks/functions.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";
import { runAlone, runWhole } from "./alone.ts";
import { type LeafValues, OwnResults } from "./collect.ts";
import { endEarly, Ending } from "./ending.ts";
import { HelpCalls } from "./help_calls.ts";
import { HelpCost } from "./help_cost.ts";
import { type Job, MAX_LEAVES } from "./job.ts";
import { JobPool } from "./job_pool.ts";
import { runClaimed } from "./leaf.ts";
import {
  type CompiledLoop,
  crossesUnchanged,
  type LoopPlan,
  type LoopSpec,
} from "./loop.ts";
import { LoopCompiler } from "./loop_compiler.ts";
import type { LoopTimes } from "./loop_times.ts";

/** A loop that probably takes longer looks at the clock and at its call between leaves. */
const WHOLE_MS = 0.1;

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
  readonly #jobs: JobPool;
  readonly #ending: Ending;

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
    this.#jobs = new JobPool(endpoint.control.threadCount);
    this.#ending = new Ending(endpoint, this.compiler, this.#jobs);
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
    const data = this.#shareable(plan);
    const wholeSpec = this.compiler.register(
      plan,
      plan.whole ?? plan.code,
      data,
    );
    const whole = this.compiler.compileNow(wholeSpec);
    const { times } = whole;
    const leaves = Math.min(plan.length, MAX_LEAVES);
    const helpers = Math.min(this.#othersCount, leaves - 1);
    const aloneMs = times.itemMs * plan.length;
    const isAlone = !this.#helpCost.isWorth(
      times,
      aloneMs,
      helpers,
      whole.waiting,
    );
    if (isAlone && canRunWhole(plan, whole, aloneMs)) {
      return runWhole(this.#endpoint, wholeSpec, whole, this.#ending);
    }
    const startMs = performance.now();
    const spec = this.#register(plan, data);
    const loop = this.compiler.compileNow(spec);
    const own = new OwnResults(leaves);
    let ranCount = 0;
    if (isAlone) {
      const limitMs = helpers === 0
        ? Infinity
        : this.#helpCost.limitMs(aloneMs, loop.waiting);
      ranCount = runAlone(this.#endpoint, spec, loop, own, startMs, limitMs);
      if (ranCount === leaves) return this.#ending.own(spec, own);
    }
    const running = runningCall();
    const job = this.#jobs.acquire(plan.length, ranCount);
    try {
      this.#runAsCaller(job, spec, loop, own, running, times);
    } catch (error) {
      // Not an error of a stage: no stack is left.
      endEarly(job, own, error);
    }
    const values = this.#ending.wait(job, spec, own, running);
    if (ranCount === 0) {
      const ms = performance.now() - startMs;
      this.#helpCost.learn(times, aloneMs, helpers, ms);
      if (own.isEmpty) times.noteMost(ms * helpers / plan.length);
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
    const job = this.#jobs.acquire(plan.length);
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
      return this.#ending.wait(job, spec, own, running);
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
    const job = this.#jobs.acquire(plan.length);
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
        this.#jobs.release(job);
        throw (failed as PromiseRejectedResult).reason;
      }
      if (failed !== undefined) {
        const { reason } = failed as PromiseRejectedResult;
        // Shutdown rejects calls whose helpers may still run leaves.
        own.missing = reason;
        if (job.hasUnclaimed) endEarly(job, own, reason);
      }
      return this.#ending.collect(job, spec, own, site, memory);
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

  /** Adds a loop that runs leaf by leaf to the task table. */
  #register(plan: LoopPlan, data = this.#shareable(plan)): LoopSpec {
    const { code, leafData } = plan;
    const all = leafData === undefined ? data : [...data, ...leafData()];
    return this.compiler.register(plan, code, all);
  }

  /** Copies the values even if no worker helps, so that stages always see the same. */
  #shareable({ data }: LoopPlan): readonly unknown[] {
    if (data.every(crossesUnchanged)) return data;
    return data.map((value) =>
      crossesUnchanged(value) ? value : this.copy(value, "extra argument")
    );
  }

  /** Runs leaves with the help of workers until none is left to claim. */
  #runAsCaller(
    job: Job,
    spec: LoopSpec,
    loop: CompiledLoop,
    own: OwnResults,
    running: RunningCall | undefined,
    times: LoopTimes,
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
      times.noteMost((performance.now() - startMs) / items);
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
}

/** Whether a thread that runs a loop alone may run it as one leaf. */
function canRunWhole(
  { code, whole }: LoopPlan,
  { waiting }: CompiledLoop,
  aloneMs: number,
): boolean {
  if (whole === undefined || waiting !== "no") return false;
  // Leaf by leaf, other code would take longer.
  return aloneMs < WHOLE_MS || whole !== code;
}
