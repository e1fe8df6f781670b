/**
 * The calls by which a thread requests help with its jobs.
 *
 * @module
 */

import type { ControlledCall } from "../control/controlled_call.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { makeControlledCall, submitSimple } from "../control/make_call.ts";
import { placeOf } from "../calls/plan.ts";
import type { RunningCall } from "../limits/running_call.ts";
import { TimeoutError } from "../errors.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";
import type { Job } from "./job.ts";
import type { LoopSpec } from "./loop.ts";
import { type HelpRequest, serveJob } from "./serve_job.ts";

/** Submits the helper calls of one thread. */
export class HelpCalls {
  readonly #endpoint: Endpoint;
  readonly #numbers: TaskNumbers;
  readonly #onDrained: () => void;

  /** @param onDrained Called when this thread's completed calls were settled here. */
  constructor(
    endpoint: Endpoint,
    numbers: TaskNumbers,
    onDrained: () => void,
  ) {
    this.#endpoint = endpoint;
    this.#numbers = numbers;
    this.#onDrained = onDrained;
  }

  /**
   * Submits helper calls for a caller that blocks, unless too many of earlier jobs are
   * unfinished. Their failures show in the job.
   *
   * @param running The call that the caller belongs to.
   */
  request(
    job: Job,
    spec: LoopSpec,
    count: number,
    running: RunningCall | undefined,
  ): void {
    const { compute } = this.#endpoint;
    // A thread that never returns to its event loop would run out of slots.
    if (!compute.hasRoomFor(count)) {
      if (this.#endpoint.drain() !== 0) this.#onDrained();
      if (!compute.hasRoomFor(count)) return;
    }
    for (let i = 0; i < count; i++) {
      this.#submit(job, spec, false, running).catch(ignore);
    }
  }

  /**
   * Submits helper calls for a caller that awaits them. They end with the limits of the call
   * that the caller belongs to.
   *
   * @param calls Takes their promises, whose rejections are handled.
   */
  requestAsync(
    job: Job,
    spec: LoopSpec,
    count: number,
    running: RunningCall | undefined,
    calls: Promise<unknown>[],
  ): void {
    if (running?.limits !== undefined) {
      return this.#requestControlled(job, spec, count, running, calls);
    }
    for (let i = 0; i < count; i++) {
      const call = this.#submit(job, spec, true, running);
      call.catch(ignore);
      calls.push(call);
    }
  }

  #requestControlled(
    job: Job,
    spec: LoopSpec,
    count: number,
    { priority, limits }: RunningCall,
    promises: Promise<unknown>[],
  ): void {
    const { compute } = this.#endpoint;
    const terms = { place: placeOf(priority), priority };
    const calls: ControlledCall[] = [];
    for (let i = 0; i < count; i++) {
      const call = this.#submitWith(
        job,
        spec,
        (task, request) =>
          makeControlledCall(compute, task, [request], terms, limits!),
      );
      calls.push(call);
      promises.push(call.promise.catch((reason) => {
        if (!call.isCancelled) throw reason;
        if (call.wasDropped) job.removeHelper();
        // The helpers that have begun do its part, too.
        if (isLate(reason) && calls.some((other) => other.hasStarted)) return;
        if (!job.isCancelled) job.cancel();
        for (const other of calls) other.cancel(reason);
        throw reason;
      }));
    }
    for (const promise of promises) promise.catch(ignore);
  }

  #submit(
    job: Job,
    spec: LoopSpec,
    tracked: boolean,
    running: RunningCall | undefined,
  ): Promise<unknown> {
    const priority = running?.priority ?? "normal";
    const place = placeOf(priority);
    return this.#submitWith(job, spec, (task, request) => {
      const { compute } = this.#endpoint;
      return priority === "normal"
        ? compute.submit(task, [request], tracked)
        : submitSimple(compute, task, [request], { place, priority, tracked });
    });
  }

  #submitWith<R>(
    job: Job,
    spec: LoopSpec,
    submit: (task: number, request: HelpRequest) => R,
  ): R {
    const { thread } = this.#endpoint;
    const request: HelpRequest = { memory: job.memory, spec, caller: thread };
    const task = this.#numbers.of(serveJob);
    job.addHelper();
    try {
      return submit(task, request);
    } catch (error) {
      job.removeHelper();
      throw error;
    }
  }
}

/** Whether a call was cancelled because no worker has begun it. */
function isLate(reason: unknown): boolean {
  return reason instanceof TimeoutError && reason.limit === "queueTimeoutMs";
}

function ignore(): void {}
