/**
 * A worker's part in the loops of other threads.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { SentBuffers } from "../calls/message_buffers.ts";
import { type EncodedMessage, toBytes } from "../codec/encoder.ts";
import { Job, MAX_LEAVES } from "./job.ts";
import { runLeaf, standIn } from "./leaf.ts";
import type { Programs, RunLeaf } from "./program.ts";
import type { HelpRequest } from "./serve_job.ts";

/** Runs leaves of jobs for whoever asks. */
export class Helper {
  readonly #endpoint: Endpoint;
  readonly #programs: Programs;
  readonly #workerCount: number;
  /** Jobs that this worker is in the middle of. */
  readonly #serving: Job[] = [];
  /** Buffers that results of a job refer to: kept until its memory is used again. */
  readonly #held = new WeakMap<SharedArrayBuffer, SharedArrayBuffer[]>();

  /** @param workerCount Number of compute workers. */
  constructor(endpoint: Endpoint, programs: Programs, workerCount: number) {
    this.#endpoint = endpoint;
    this.#programs = programs;
    this.#workerCount = workerCount;
  }

  /** Runs leaves of another thread's job; what {@linkcode serveJob} does on a worker. */
  serve(request: HelpRequest): void | Promise<void> {
    const { memory, program } = request;
    const job = new Job(memory, this.#endpoint.control.threadCount);
    // Nothing left: do not even look at the program.
    if (!job.hasUnclaimed) return job.leave(this.#endpoint.thread);
    try {
      const loop = this.#programs.load(program);
      if (!(loop instanceof Promise)) {
        return this.#help(job, request, loop.run);
      }
      return loop.then(
        ({ run }) => this.#help(job, request, run),
        (error) => this.#failToHelp(job, request, error),
      );
    } catch (error) {
      this.#failToHelp(job, request, error);
    }
  }

  /** This worker is about to end: tells those who wait for it. */
  abandonAll(): void {
    for (const job of this.#serving) job.abandon(this.#endpoint.thread);
  }

  #help(job: Job, request: HelpRequest, run: RunLeaf): void {
    const { thread, serial } = this.#endpoint;
    const { program } = request;
    this.#held.delete(job.memory.words.buffer);
    job.enter(thread, serial);
    this.#serving.push(job);
    let first: number;
    while ((first = job.claim(this.#workerCount, MAX_LEAVES)) >= 0) {
      const end = first + job.claimed;
      for (let leaf = first; leaf < end && !job.isPast(leaf); leaf++) {
        try {
          const value = runLeaf(job, program, run, leaf);
          if (value === undefined) continue;
          this.#write(job, request, leaf, value);
          if (program.stopsAtResult) job.stop(leaf);
        } catch (error) {
          this.#fail(job, request, leaf, error);
        }
      }
    }
    this.#serving.pop();
    job.leave(thread);
  }

  /** The functions cannot be had here: the first leaf that nobody has claimed says so. */
  #failToHelp(job: Job, request: HelpRequest, error: unknown): void {
    const { thread, serial } = this.#endpoint;
    job.enter(thread, serial);
    const leaf = job.claim(0, 1);
    if (leaf >= 0) this.#fail(job, request, leaf, error);
    job.leave(thread);
  }

  #fail(job: Job, request: HelpRequest, leaf: number, thrown: unknown): void {
    const error = this.#programs.explain(request.program, thrown);
    const sent = this.#sentTo(request);
    const { payloads } = this.#endpoint;
    let message: EncodedMessage;
    try {
      message = payloads.encode(error, "error", sent);
    } catch (problem) {
      message = payloads.encode(standIn(error, problem), "error", sent);
    }
    job.trySetBytes(leaf, toBytes(message), true);
    this.#hold(job, sent);
    job.stop(leaf);
  }

  #write(job: Job, request: HelpRequest, leaf: number, value: unknown): void {
    if (typeof value === "number") return job.setNumber(leaf, value);
    const sent = this.#sentTo(request);
    const message = this.#endpoint.payloads.encode(value, "result", sent);
    if (!job.trySetBytes(leaf, toBytes(message), false)) {
      throw new RangeError(
        "Cannot return results of a parallel loop: they take more than 64 MiB; " +
          "write them into shared arrays",
      );
    }
    this.#hold(job, sent);
  }

  #sentTo({ caller }: HelpRequest): SentBuffers {
    return new SentBuffers(this.#endpoint.sharedBuffers, [caller]);
  }

  #hold(job: Job, { held }: SentBuffers): void {
    if (held === null) return;
    const { buffer } = job.memory.words;
    this.#held.set(buffer, [...this.#held.get(buffer) ?? [], ...held]);
  }
}
