/**
 * How the parallel loops of one thread end.
 *
 * @module
 */

import { addFrames, calledFrom, captureSite } from "../calls/call_sites.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { sendThrown } from "../calls/send_thrown.ts";
import type { SharedMemoryReader } from "../codec/shared_memory.ts";
import { WorkerLostError } from "../errors.ts";
import { cancelledError, type RunningCall } from "../limits/running_call.ts";
import {
  type LeafFailure,
  type LeafValues,
  NO_LEAF,
  NOTHING,
  type OwnResults,
  readResults,
} from "./collect.ts";
import type { Job } from "./job.ts";
import type { JobPool } from "./job_pool.ts";
import { isAlive } from "./liveness.ts";
import type { LoopSpec } from "./loop.ts";
import type { LoopCompiler } from "./loop_compiler.ts";

/** Ends the loops of one thread: waits for helpers, and makes results or errors of what is left. */
export class Ending {
  readonly #endpoint: Endpoint;
  readonly #compiler: LoopCompiler;
  readonly #jobs: JobPool;
  readonly #isAlive: (serial: number) => boolean;

  /** @param jobs Where jobs go whose loops have ended. */
  constructor(endpoint: Endpoint, compiler: LoopCompiler, jobs: JobPool) {
    this.#endpoint = endpoint;
    this.#compiler = compiler;
    this.#jobs = jobs;
    this.#isAlive = (serial) => isAlive(endpoint, serial);
  }

  /** The results of a loop that its caller has run alone, leaf by leaf. */
  own(spec: LoopSpec, { values, failure }: OwnResults): LeafValues {
    if (failure !== undefined) this.fail(spec, failure);
    return values;
  }

  /** Throws what ended a loop that its caller has run alone. */
  fail(spec: LoopSpec, { leaf, error }: LeafFailure): never {
    const thrown = leaf === NO_LEAF ? error : this.#copyThrown(spec, error);
    addFrames(thrown, calledFrom(captureSite()), this.#endpoint.diagnostics);
    throw thrown;
  }

  /** Waits for the helpers that run leaves and collects the results. */
  wait(
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
    if (lost >= 0) throw abandon(job, lost);
    return this.#collect(job, spec, own, undefined);
  }

  /**
   * Collects the results of a loop whose helper calls have ended.
   *
   * @param site Where the loop was started.
   * @param memory Finds the SharedArrayBuffers of helpers that may have ended.
   */
  collect(
    job: Job,
    spec: LoopSpec,
    own: OwnResults,
    site: Error,
    memory: SharedMemoryReader,
  ): LeafValues {
    const lost = job.lostRunner(this.#isAlive);
    if (lost >= 0) throw abandon(job, lost);
    return this.#collect(job, spec, own, site, memory);
  }

  /**
   * Adds the results of helpers to the caller's own and releases the job.
   *
   * @param site Where the loop was started, if that is not on the stack.
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
    this.#jobs.release(job);
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
    const { payloads } = this.#endpoint;
    return sendThrown(
      thrown,
      (error) => payloads.copy(this.#compiler.explain(spec, error), "error"),
    );
  }
}

/** Ends a loop that cannot go on. Its result is the error. */
export function endEarly(job: Job, own: OwnResults, error: unknown): void {
  own.fail(NO_LEAF, error);
  job.stop(0);
}

/** Ends a loop that lost a worker. Its memory is not used again. */
function abandon(job: Job, thread: number): WorkerLostError {
  job.endLoop();
  return new WorkerLostError(
    `Cannot finish parallel loop: worker ${thread} ended while it ran a part of it; ` +
      `a new worker takes its place`,
  );
}
