/**
 * Runs parallel loops: on the thread that calls, with the compute workers' help.
 *
 * @module
 */

import { addFrames, calledFrom } from "../calls/call_sites.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { WorkerLostError } from "../errors.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";
import { Job, MAX_LEAVES } from "./job.ts";
import { runLeaf, standIn } from "./leaf.ts";
import { isAlive } from "./liveness.ts";
import {
  type CompiledLoop,
  type LoopPlan,
  type Program,
  Programs,
  type RunLeaf,
} from "./program.ts";
import { type HelpRequest, serveJob } from "./serve_job.ts";

/** A loop shorter than this is over before a helper would have come. */
const WORTH_HELP_MS = 0.02;

/** While the caller is alone it claims this many leaves at most between looks at the clock. */
const MOST_ALONE = 32;

/** A loop of one leaf that may be running. */
export interface StartedLoop {
  /** Runs it if nobody does, blocks until it is over, and returns what came of it. */
  finish(): LeafValues;
}

/** What the caller's own part of a loop threw. */
interface Failed {
  readonly leaf: number;
  readonly error: unknown;
}

/** What came of a loop: for each leaf its result, undefined where there was none. */
export type LeafValues = unknown[];

/** What one thread needs to run parallel loops of its own. */
export class Team {
  /** The loops that this thread has evaluated. */
  readonly programs: Programs;
  readonly #endpoint: Endpoint;
  readonly #numbers: TaskNumbers;
  readonly #workerCount: number;
  /** Other compute workers than this thread. */
  readonly #others: number;
  readonly #onDrained: () => void;
  readonly #jobs: Job[] = [];
  readonly #isAlive: (serial: number) => boolean;

  /**
   * @param workers Number of compute workers.
   * @param scope Names that self-contained functions find, beside the global ones.
   * @param onDrained Called when this thread's completed calls were settled here.
   */
  constructor(
    endpoint: Endpoint,
    numbers: TaskNumbers,
    workers: number,
    scope: Readonly<Record<string, unknown>>,
    onDrained: () => void,
  ) {
    const { tasks, thread } = endpoint;
    this.programs = new Programs(tasks, numbers, scope);
    this.#endpoint = endpoint;
    this.#numbers = numbers;
    this.#workerCount = workers;
    // Thread 0 is the main one, the compute workers come next.
    this.#others = thread >= 1 && thread <= workers ? workers - 1 : workers;
    this.#onDrained = onDrained;
    this.#isAlive = (serial) => isAlive(endpoint, serial);
  }

  /** Runs a loop and blocks until it is over. Throws what a stage threw. */
  run(plan: LoopPlan): LeafValues {
    if (plan.length === 0) return [];
    const program = this.#describe(plan);
    const loop = this.programs.loadNow(program);
    const job = this.#takeJob(plan.length);
    const values = new Array<unknown>(job.leaves).fill(undefined);
    const failed = this.#runAsCaller(job, program, loop, values);
    const lost = job.waitForRunners(this.#isAlive);
    if (lost >= 0) throw lostError(lost);
    return this.#finish(job, program, values, failed, undefined);
  }

  /** Asks a worker to run a short loop; whoever starts it has to finish it. */
  start(plan: LoopPlan): StartedLoop {
    const program = this.#describe(plan);
    const loop = this.programs.loadNow(program);
    const job = this.#takeJob(plan.length);
    if (this.#others > 0) this.#askForHelp(job, program, 1, false);
    return {
      finish: () => {
        const values = new Array<unknown>(job.leaves).fill(undefined);
        const first = job.claim(0, MAX_LEAVES);
        const failed = first < 0
          ? undefined
          : runLeaves(job, program, loop.run, first, values);
        const lost = job.waitForRunners(this.#isAlive);
        if (lost >= 0) throw lostError(lost);
        return this.#finish(job, program, values, failed, undefined);
      },
    };
  }

  /** Has the workers run a loop; this thread's event loop goes on meanwhile. */
  async runAsync(plan: LoopPlan): Promise<LeafValues> {
    if (plan.length === 0) return [];
    const site = new Error();
    const program = this.#describe(plan);
    const job = this.#takeJob(plan.length);
    const helpers = Math.min(this.#workerCount, job.leaves);
    const outcomes = await Promise.allSettled(
      this.#askForHelp(job, program, helpers, true),
    );
    const lost = job.lostRunner(this.#isAlive);
    if (lost >= 0) throw lostError(lost);
    if (job.hasUnclaimed) {
      throw outcomes.find((outcome) => outcome.status === "rejected")?.reason;
    }
    const values = new Array<unknown>(job.leaves).fill(undefined);
    return this.#finish(job, program, values, undefined, site);
  }

  /** Copies a value as if it had crossed to a worker. */
  copy(value: unknown, label: string): unknown {
    return this.#endpoint.payloads.copy(value, label);
  }

  /** Number of the function, for a stage that the caller itself runs at the end. */
  numberOf(fn: (...args: never[]) => unknown): number {
    return this.#numbers.of(fn);
  }

  /** Values are copied even if no worker comes to help: what a stage sees never differs. */
  #describe(plan: LoopPlan): Program {
    const data = plan.data.map((value) =>
      crossesAsItIs(value) ? value : this.copy(value, "extra argument")
    );
    return this.programs.describe({ ...plan, data });
  }

  #runAsCaller(
    job: Job,
    program: Program,
    loop: CompiledLoop,
    values: LeafValues,
  ): Failed | undefined {
    const helpers = Math.min(this.#others, job.leaves - 1);
    const startMs = performance.now();
    // A loop that was short the last time probably is again: look how it goes first.
    let alone = helpers !== 0;
    if (alone && !(loop.itemMs * program.length < WORTH_HELP_MS)) {
      alone = false;
      const error = this.#tryAskForHelp(job, program, helpers);
      if (error !== undefined) return error;
    }
    let most = alone ? 1 : MAX_LEAVES;
    let ranCount = 0;
    let first: number;
    while ((first = job.claim(helpers, most)) >= 0) {
      const failed = runLeaves(job, program, loop.run, first, values);
      if (failed !== undefined) return failed;
      ranCount += job.claimed;
      if (!alone) continue;
      if (performance.now() - startMs < WORTH_HELP_MS) {
        most = Math.min(most * 2, MOST_ALONE);
        continue;
      }
      alone = false;
      most = MAX_LEAVES;
      const error = this.#tryAskForHelp(job, program, helpers);
      if (error !== undefined) return error;
    }
    if (ranCount > 0) {
      const items = ranCount * program.length / job.leaves;
      loop.itemMs = (performance.now() - startMs) / items;
    }
    return undefined;
  }

  #tryAskForHelp(
    job: Job,
    program: Program,
    count: number,
  ): Failed | undefined {
    try {
      if (job.hasUnclaimed) this.#askForHelp(job, program, count, false);
    } catch (error) {
      job.stop(0);
      return { leaf: NO_LEAF, error };
    }
  }

  /** Submits helper calls; nobody has to wait for these promises, which never reject. */
  #askForHelp(
    job: Job,
    program: Program,
    count: number,
    tracked: boolean,
  ): Promise<unknown>[] {
    const { compute, thread } = this.#endpoint;
    // A thread that only ever blocks would use up its slots.
    if (!tracked && !compute.hasRoomFor(count)) {
      if (this.#endpoint.drain() !== 0) this.#onDrained();
      if (!compute.hasRoomFor(count)) return [];
    }
    const request: HelpRequest = {
      memory: job.memory,
      program,
      caller: thread,
    };
    const number = this.#numbers.of(serveJob);
    const calls: Promise<unknown>[] = [];
    for (let i = 0; i < count; i++) {
      const call = this.#ask(job, number, request, tracked);
      // What went wrong shows in the job.
      call.catch(ignore);
      calls.push(call);
    }
    return calls;
  }

  #ask(
    job: Job,
    number: number,
    request: HelpRequest,
    tracked: boolean,
  ): Promise<unknown> {
    job.expectHelper();
    try {
      return this.#endpoint.compute.submit(number, [request], tracked);
    } catch (error) {
      job.expectNoHelper();
      throw error;
    }
  }

  /** Adds what others left, gives the memory back and throws what was thrown first. */
  #finish(
    job: Job,
    program: Program,
    values: LeafValues,
    failed: Failed | undefined,
    site: Error | undefined,
  ): LeafValues {
    const { payloads } = this.#endpoint;
    const stop = job.stoppedAt;
    let failure = failed?.leaf === NO_LEAF ? failed.error : NOTHING;
    for (let leaf = 0; leaf < values.length && leaf <= stop; leaf++) {
      if (failure !== NOTHING) break;
      if (leaf === failed?.leaf) {
        const error = this.programs.explain(program, failed.error);
        failure = this.#copyError(error);
        continue;
      }
      const result = job.result(leaf);
      if (result === undefined) continue;
      if (result.kind === "number") {
        values[leaf] = result.value;
        continue;
      }
      const value = payloads.fromBytes(result.bytes);
      if (result.kind === "failure") {
        failure = value;
      } else values[leaf] = value;
    }
    this.#giveBack(job);
    if (failure === NOTHING) return values;
    addFrames(failure, calledFrom(site ?? new Error()));
    throw failure;
  }

  /** An error of this thread as it would be had it crossed. */
  #copyError(error: unknown): unknown {
    try {
      return this.copy(error, "error");
    } catch (problem) {
      return standIn(error, problem);
    }
  }

  #takeJob(length: number): Job {
    const leaves = Math.min(length, MAX_LEAVES);
    const index = this.#jobs.findIndex((job) => job.reusable);
    const job = index < 0
      ? Job.create(this.#endpoint.control.threadCount)
      : this.#jobs.splice(index, 1)[0];
    job.reset(leaves);
    return job;
  }

  /** Memory that late helpers may still look at waits among the free ones, too. */
  #giveBack(job: Job): void {
    if (job.isLarge) return;
    this.#jobs.push(job);
    if (this.#jobs.length > MAX_FREE_JOBS) this.#jobs.shift();
  }
}

/** Free jobs that a thread keeps; the more, the more helper calls may be late. */
const MAX_FREE_JOBS = 64;

const NOTHING: unknown = Symbol("nothing");

/** Not a leaf failed, but asking for help. */
const NO_LEAF = -1;

/** Runs what the caller has claimed. */
function runLeaves(
  job: Job,
  program: Program,
  run: RunLeaf,
  first: number,
  values: LeafValues,
): Failed | undefined {
  const end = first + job.claimed;
  for (let leaf = first; leaf < end && !job.isPast(leaf); leaf++) {
    try {
      const value = runLeaf(job, program, run, leaf);
      if (value === undefined) continue;
      values[leaf] = value;
      if (program.stopsAtResult) job.stop(leaf);
    } catch (error) {
      job.stop(leaf);
      return { leaf, error };
    }
  }
}

function lostError(thread: number): WorkerLostError {
  return new WorkerLostError(
    `Cannot finish parallel loop: worker ${thread} ended while it ran a part of it; ` +
      `a new worker takes its place`,
  );
}

/** Whether all threads see the very same value. */
function crossesAsItIs(value: unknown): boolean {
  if (typeof value === "function" || typeof value === "symbol") return false;
  if (typeof value !== "object" || value === null) return true;
  return ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer;
}

function ignore(): void {}
